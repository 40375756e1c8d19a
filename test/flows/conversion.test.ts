import { describe, expect, it } from 'vitest';
import type { PhoneAuthEvent } from '../../src/index.ts';
import { nextPhoneNumber } from '../kit/index.ts';
import { failure, outcomes, type Stage, stage } from './stage.ts';
import { blockOf, stranger } from './strangers.ts';

const HOUR = 3600;
const DAY = 86_400;

type Conversion = Extract<PhoneAuthEvent, { type: 'code.conversion' }>;

function told(s: Stage, by: 'prefix' | 'country' | 'both' = 'both'): readonly Conversion[] {
  return s.events.filter((event): event is Conversion => event.type === 'code.conversion' && (by === 'both' || event.by === by));
}

describe('the conversion of codes', () => {
  const wide = { limits: { smsPerDay: 10_000, sendsPerPrefix: [{ max: 1000, windowSeconds: HOUR }] } };

  it('is told by prefix from the tenth code on, with what came back', async () => {
    const s = stage(wide);
    const block = blockOf(nextPhoneNumber());
    const first = block();
    for (let sends = 1; sends <= 12; sends++) {
      const { challengeId, code } = await s.request({ phoneNumber: sends === 1 ? first : block(), client: stranger() });
      if (sends % 3 === 0) await s.auth.signInWithCode({ challengeId, code, client: stranger() });
    }
    await s.auth.drain();
    const facts = { type: 'code.conversion', at: s.clock.now(), by: 'prefix', name: first.slice(0, -4), windowSeconds: HOUR };
    expect(told(s)).toEqual([
      { ...facts, sent: 10, redeemed: 3 },
      { ...facts, sent: 11, redeemed: 3 },
      { ...facts, sent: 12, redeemed: 3 },
    ]);
  });

  it('is told by country from the fiftieth', async () => {
    const s = stage(wide);
    for (let sends = 1; sends <= 52; sends++) {
      const { challengeId, code } = await s.request({ phoneNumber: nextPhoneNumber('DE'), client: stranger() });
      if (sends > 40) await s.auth.signInWithCode({ challengeId, code, client: stranger() });
    }
    const byCountry = told(s, 'country');
    expect(byCountry.map(({ name, sent, redeemed }) => [name, sent, redeemed])).toEqual([
      ['DE', 50, 9],
      ['DE', 51, 10],
      ['DE', 52, 11],
    ]);
  });

  it('shows a pumped block beside one of people', async () => {
    const s = stage(wide);
    const [pumped, people] = [blockOf(nextPhoneNumber()), blockOf(nextPhoneNumber())];
    for (let sends = 0; sends < 20; sends++) {
      await s.request({ phoneNumber: pumped(), client: stranger() });
      const { challengeId, code } = await s.request({ phoneNumber: people(), client: stranger() });
      await s.auth.signInWithCode({ challengeId, code, client: stranger() });
    }
    const last = (name: string): unknown => told(s).findLast((event) => event.name === name);
    expect(last(pumped().slice(0, -4))).toMatchObject({ sent: 20, redeemed: 0 });
    expect(last(people().slice(0, -4))).toMatchObject({ sent: 20, redeemed: 19 });
  });

  it('is that of the last hour', async () => {
    const s = stage(wide);
    const block = blockOf(nextPhoneNumber());
    for (let sends = 0; sends < 20; sends++) await s.request({ phoneNumber: block(), client: stranger() });
    s.clock.advance(2 * HOUR);
    s.events.length = 0;
    await s.request({ phoneNumber: block(), client: stranger() });
    expect(told(s)).toEqual([]);
  });

  it('counts what waits with few calls of the store, at the latest when drained', async () => {
    const s = stage(wide);
    const block = blockOf(nextPhoneNumber());
    await outcomes(Array.from({ length: 60 }, () => s.auth.requestCode({ phoneNumber: block(), client: stranger() })));
    await s.auth.drain();
    expect(s.trips().filter((trip) => trip === 'challenges.take').length).toBeLessThanOrEqual(2);
    expect(
      told(s)
        .filter(({ by }) => by === 'prefix')
        .at(-1),
    ).toMatchObject({ sent: 60, redeemed: 0 });
  });

  it('loses nobody in a wave of many countries and blocks', async () => {
    const s = stage({ limits: { smsPerDay: 10_000 } });
    const blocks = Array.from({ length: 60 }, () => blockOf(nextPhoneNumber()));
    for (let round = 0; round < 10; round++) {
      await outcomes(blocks.map((block) => s.auth.requestCode({ phoneNumber: block(), client: stranger() })));
      await s.auth.drain();
    }
    const tenth = told(s, 'prefix').filter(({ sent }) => sent === 10);
    expect(new Set(tenth.map(({ name }) => name)).size).toBe(60);
    expect(
      told(s)
        .filter(({ by }) => by === 'country')
        .at(-1),
    ).toMatchObject({ name: 'US', sent: 600 });
  });

  it('counts no decoy, no code that did not leave and no test number', async () => {
    const testNumbers = { numbers: ['+12015550199'], code: '424242', until: Date.now() + 7 * DAY * 1000 };
    const s = stage({ ...wide, testNumbers });
    const block = blockOf('+12025550199');
    const down = s.beside({ sms: () => Promise.reject(new Error('down')) });
    for (let sends = 0; sends < 20; sends++) {
      await s.request({ phoneNumber: block(), purpose: 'login', client: stranger() });
      await failure(down.requestCode({ phoneNumber: block(), client: stranger() }), 'delivery_failed');
      await down.drain();
      const { challengeId } = await s.request({ phoneNumber: '+12015550199' });
      if (sends === 0) await s.auth.signInWithCode({ challengeId, code: '424242', client: s.client });
    }
    expect(told(s)).toEqual([]);
  });

  it('costs nothing where nobody listens', async () => {
    const s = stage({ ...wide, onEvent: undefined });
    const block = blockOf(nextPhoneNumber());
    for (let sends = 0; sends < 12; sends++) {
      s.clock.advance(11);
      const { challengeId, code } = await s.request({ phoneNumber: block(), client: stranger() });
      await s.auth.signInWithCode({ challengeId, code, client: stranger() });
    }
    await s.auth.drain();
    expect(new Set(s.trips())).not.toContain('challenges.take');
  });

  it('that cannot be counted harms nobody', async () => {
    const s = stage(wide);
    s.breaks('challenges.take', 'throws');
    for (let sends = 0; sends < 12; sends++) {
      s.clock.advance(11);
      await s.request({ client: stranger() });
    }
    expect(s.tell()).toContain('port.failed');
    expect(told(s)).toEqual([]);
  });
});
