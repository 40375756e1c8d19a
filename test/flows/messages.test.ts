import { describe, expect, it } from 'vitest';
import { type Stage, stage } from './stage.ts';

const long = { locale: 'fa', context: 'Transfer 500 EUR to Bob, for the bicycle', purpose: 'verify' } as const;

const told = ({ events }: Stage) => events.filter((event) => event.type === 'message.segmented');

describe('a message of more than one SMS', () => {
  it('is told with what it costs, at each send', async () => {
    const s = stage();
    const { challengeId, phoneNumber } = await s.request(long);
    const fact = { challengeId, purpose: 'verify', locale: 'fa', encoding: 'UCS-2', segments: 2 };
    expect(told(s)).toMatchObject([fact]);
    s.clock.advance(30);
    await s.request({ phoneNumber, resendOf: challengeId, ...long });
    expect(told(s)).toMatchObject([fact, fact]);
  });

  it('is not told of what fits one, nor of what is no SMS', async () => {
    const s = stage({ channels: ['sms', 'whatsapp'] });
    await s.request({ locale: 'fa' });
    await s.request({ ...long, channel: 'whatsapp' });
    expect(told(s)).toEqual([]);
    expect(s.inbox.messages()).toHaveLength(2);
  });

  it('is told of a notice too, which has no challenge', async () => {
    const s = stage({ appName: 'x'.repeat(30), locale: 'fa' });
    const { userId, phoneNumber } = await s.signUp();
    const { challengeId, code } = await s.request({ purpose: 'change-phone-number', userId });
    await s.auth.changePhoneNumber({ userId, challengeId, code, client: s.client });
    await s.auth.drain();
    expect(s.inbox.messages(phoneNumber)).toHaveLength(2);
    expect(told(s).filter((event) => event.challengeId === null)).toMatchObject([
      { purpose: 'change-phone-number', locale: 'fa', segments: 2 },
    ]);
  });
});

describe('your own texts', () => {
  it('make a further language known by one function, and leave the others', async () => {
    const s = stage({ messages: { sv: ({ code, appName, purpose }) => `${code} (${purpose}) till ${appName}` } });
    const { phoneNumber, code } = await s.request({ locale: 'sv-SE', purpose: 'verify' });
    expect(s.inbox.messages(phoneNumber)[0]?.text).toBe(`${code} (verify) till Test`);
    const english = await s.request({ locale: 'en' });
    expect(s.inbox.messages(english.phoneNumber)[0]?.text).toContain('Never share it with anyone.');
  });
});
