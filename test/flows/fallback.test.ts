import { describe, expect, it } from 'vitest';
import { inboxSms } from '../../adapters/sms/inbox.ts';
import { type SmsError, type SmsSender, smsError } from '../../src/index.ts';
import { nextPhoneNumber } from '../kit/phone-numbers.ts';
import { failure, type Stage, stage } from './stage.ts';

/** A sender that fails as it is told, until it is told that it works. */
function moody(name: string, mood: SmsError['kind'] | 'well') {
  const sender = {
    name,
    mood,
    tried: 0,
    async send() {
      sender.tried += 1;
      if (sender.mood !== 'well') throw smsError({ kind: sender.mood });
    },
  };
  return sender satisfies SmsSender & { mood: string; tried: number };
}

const ask = (s: Stage, phoneNumber = nextPhoneNumber()) => s.auth.requestCode({ phoneNumber, client: { ip: null } });
const limits = { smsPerDay: 10_000, sendsPerIp: [{ max: 10_000, windowSeconds: 3600 }] };
const suspensions = (s: Stage) => s.events.filter(({ type }) => type.startsWith('sender.')).map(({ type }) => type);

describe('a refusal of the number', () => {
  it('is final: nobody else is paid for it', async () => {
    const other = inboxSms();
    const s = stage({ sms: [moody('first', 'permanent'), other] });
    expect((await failure(ask(s), 'delivery_failed')).details.retryable).toBe(false);
    expect(other.messages()).toEqual([]);
  });

  it('is passed on where the route says so', async () => {
    const other = inboxSms();
    const s = stage({ sms: [{ sender: moody('first', 'permanent'), fallsBackOnRefusal: true }, other] });
    await ask(s);
    expect(other.messages()).toHaveLength(1);
  });

  it('says nothing of the health of its sender', async () => {
    const s = stage({ sms: moody('first', 'permanent'), limits });
    for (let messages = 0; messages < 20; messages++) await failure(ask(s), 'delivery_failed');
    expect(suspensions(s)).toEqual([]);
  });
});

describe('a sender that is down', () => {
  it('is spared from the tenth failure within a minute on, and tried again after 30 seconds', async () => {
    const [first, second] = [moody('first', 'retryable'), moody('second', 'well')];
    const s = stage({ sms: [first, second], limits });
    for (let messages = 0; messages < 15; messages++) await ask(s);
    expect([first.tried, second.tried]).toEqual([10, 15]);
    expect(s.events.find(({ type }) => type === 'sender.suspended')).toMatchObject({ sender: 'first', failures: 10, of: 10, seconds: 30 });

    s.clock.advance(30);
    await ask(s);
    await ask(s);
    expect([first.tried, second.tried]).toEqual([11, 17]);

    s.clock.advance(30);
    first.mood = 'well';
    for (let messages = 0; messages < 5; messages++) await ask(s);
    expect([first.tried, second.tried]).toEqual([16, 17]);
    expect(suspensions(s)).toEqual(['sender.suspended', 'sender.resumed']);
  });

  it('is asked all the same when there is nobody else', async () => {
    const only = moody('only', 'retryable');
    const s = stage({ sms: only, limits });
    for (let messages = 0; messages < 12; messages++) await failure(ask(s), 'delivery_failed');
    only.mood = 'well';
    await ask(s);
    expect(only.tried).toBe(13);
  });
});

describe('routes', () => {
  it('serve the countries and channels that they name, in order', async () => {
    const [iran, others, whatsapp] = [inboxSms(), inboxSms(), inboxSms()];
    const s = stage({
      channels: ['sms', 'whatsapp'],
      sms: [{ sender: whatsapp, channels: ['whatsapp'] }, { sender: iran, countries: ['IR'], channels: ['sms'] }, others],
    });
    await ask(s, nextPhoneNumber('IR'));
    await ask(s, nextPhoneNumber('US'));
    await s.auth.requestCode({ phoneNumber: nextPhoneNumber('IR'), channel: 'whatsapp', client: s.client });
    expect([iran, others, whatsapp].map((inbox) => inbox.messages().length)).toEqual([1, 1, 1]);
  });

  it('that leave a country or channel to nobody are refused at creation', () => {
    const sms = [{ sender: inboxSms(), countries: ['IR'] }];
    expect(() => stage({ sms, allowedCountries: ['IR', 'US'] })).toThrow(/sms: has no sender of sms for US/);
    expect(() => stage({ sms })).toThrow(/sms: has no sender of sms for any other country/);
    expect(() => stage({ sms: { sender: inboxSms(), channels: ['voice'] } })).toThrow(/sms: has no sender of sms/);
    expect(() => stage({ sms: { sender: inboxSms(), country: ['IR'] } as never })).toThrow(TypeError);
  });
});
