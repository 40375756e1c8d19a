import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPhoneVerification, type PhoneAuthEvent, type PhoneVerification, type PhoneVerificationConfig } from '../../src/index.ts';
import type { ChallengeStore } from '../../src/ports/challenge-store.ts';
import { testClock } from '../kit/clock.ts';
import { type OpenStores, STORES } from '../stores/stores.ts';
import { phoneNumberOf, SECRET, wrongCode } from './attacked-auth.ts';
import { race, tally } from './outcomes.ts';

const PARALLEL = 64;
const PREFIX_NUMBERS = 10_000;
const missing = new Map<string, string | null>();
for (const store of STORES) missing.set(store.name, (await store.missing?.()) ?? null);

let drawn = 0;
/** Numbers that differ in more than their last four digits. */
const strangerTo = (): string => phoneNumberOf(drawn++ * PREFIX_NUMBERS);
/** A number of the same block as its neighbours. */
const neighbour = (block: number, index: number): string => phoneNumberOf(block * PREFIX_NUMBERS + index);

let addresses = 0;
const address = (): string => `203.0.${Math.floor(addresses / 256) % 256}.${addresses++ % 256}`;

// 64 at once, with the limits of a configuration that says nothing of limits.
describe.each(STORES.filter(({ name }) => missing.get(name) === null))(
  'limits under races on $name',
  { timeout: 120_000 },
  ({ name, open }) => {
    // Other slots of a cluster are paid before the number's own, and given back: what is paid for a moment may refuse others, never let more pass.
    const isExact = !name.startsWith('Cluster');
    let stores: OpenStores;

    beforeAll(async () => {
      stores = await open();
      // each store is empty
      drawn = 0;
    });
    afterAll(() => stores.close());

    function attacked(limits: Partial<PhoneVerificationConfig['limits']> = {}) {
      const sent: { readonly to: string; readonly code: string; readonly challengeId: string }[] = [];
      const events: PhoneAuthEvent[] = [];
      const clock = testClock();
      const authOver = ({ challenges }: OpenStores['handles'][number]): PhoneVerification =>
        createPhoneVerification({
          secret: SECRET,
          storage: { challenges: challenges as ChallengeStore },
          sms: async ({ to, code, challengeId }) => void sent.push({ to, code, challengeId }),
          appName: 'Acme',
          allowedCountries: ['IR'],
          limits: { smsPerDay: 1_000_000, ...limits },
          onEvent: (event) => void events.push(event),
          now: clock.now,
        });
      // one for each connection or process
      const auths = stores.handles.map(authOver);
      const at = (index: number): PhoneVerification => auths[index % auths.length] as PhoneVerification;
      return { at, sent, events, clock };
    }

    function expectAtMost(passed: number | undefined, most: number): void {
      if (isExact) expect(passed).toBe(most);
      else expect(passed).toSatisfy((count: number) => count > 0 && count <= most);
    }

    it('one number gets one SMS, whatever the addresses', async () => {
      const { at, sent } = attacked();
      const phoneNumber = strangerTo();
      const outcomes = await race(PARALLEL, (index) => at(index).requestCode({ phoneNumber, client: { ip: address() } }));
      expect(tally(outcomes)).toEqual({ answered: 1, rate_limited: PARALLEL - 1 });
      expect(sent).toHaveLength(1);
    });

    it('one address gets its sixty an hour, whatever the numbers', async () => {
      const { at, sent } = attacked();
      const client = { ip: address() };
      const numbers = Array.from({ length: 2 * PARALLEL }, strangerTo);
      const outcomes = [
        ...(await race(PARALLEL, (index) => at(index).requestCode({ phoneNumber: numbers[index], client }))),
        ...(await race(PARALLEL, (index) => at(index).requestCode({ phoneNumber: numbers[PARALLEL + index], client }))),
      ];
      expect(tally(outcomes)).toEqual({ answered: 60, rate_limited: 2 * PARALLEL - 60 });
      expect(sent).toHaveLength(60);
    });

    it('one block of numbers gets thirty an hour, whatever the addresses', async () => {
      const { at, sent } = attacked();
      const block = drawn++;
      const outcomes = await race(PARALLEL, (index) =>
        at(index).requestCode({ phoneNumber: neighbour(block, index), client: { ip: address() } }),
      );
      expectAtMost(tally(outcomes).answered, 30);
      expect(sent.length).toBe(tally(outcomes).answered);
    });

    it('the money of the day is never exceeded, and each of its marks is told once', async () => {
      const { at, sent, events, clock } = attacked({ spend: { perDay: 1, pricePerSms: { IR: 0.03 } } });
      // the counter is shared with the other tests of this store
      clock.advance(3 * 86_400);
      const outcomes = await race(PARALLEL, (index) => at(index).requestCode({ phoneNumber: strangerTo(), client: { ip: address() } }));
      expectAtMost(tally(outcomes).answered, Math.floor((0.8 * 1) / 0.03));
      expect(sent.length).toBe(tally(outcomes).answered);
      const marks = events.filter((event) => event.type === 'budget.reached' && event.limit === 'spend');
      expect(marks.map((mark) => 'percent' in mark && mark.percent)).toEqual([50]);
    });

    it('the system sends four fifths of its SMS to strangers', async () => {
      const { at, sent, clock } = attacked({ smsPerDay: 40 });
      clock.advance(6 * 86_400);
      const outcomes = await race(PARALLEL, (index) => at(index).requestCode({ phoneNumber: strangerTo(), client: { ip: address() } }));
      expectAtMost(tally(outcomes).answered, 32);
      expect(sent.length).toBe(tally(outcomes).answered);
    });

    it('one address is judged sixty wrong codes an hour, whatever the numbers', async () => {
      const { at, sent } = attacked();
      for (let requests = 0; requests < 2 * PARALLEL; requests++) {
        await at(0).requestCode({ phoneNumber: strangerTo(), purpose: 'verify', client: { ip: address() } });
      }
      const client = { ip: address() };
      const outcomes = await race(2 * PARALLEL, (index) => {
        const { challengeId, code } = sent[index] as (typeof sent)[number];
        return at(index).validateVerificationCode({ challengeId, code: wrongCode(code), client });
      });
      expectAtMost(tally(outcomes)['invalid_code: wrong'], 60);
      expect(tally(outcomes)['invalid_code: wrong'] ?? 0).toBe(2 * PARALLEL - (tally(outcomes).rate_limited ?? 0));
    });

    it('one number is judged ten wrong codes an hour, whatever the challenges and addresses', async () => {
      const { at, sent, clock } = attacked();
      const phoneNumber = strangerTo();
      for (const wait of [30, 60, 120]) {
        await at(0).requestCode({ phoneNumber, purpose: 'verify', client: { ip: address() } });
        clock.advance(wait);
      }
      const outcomes = await race(PARALLEL, (index) => {
        const { challengeId, code } = sent[index % sent.length] as (typeof sent)[number];
        return at(index).validateVerificationCode({ challengeId, code: wrongCode(code, index), client: { ip: address() } });
      });
      expect(tally(outcomes)['invalid_code: wrong']).toBe(10);
    });
  },
);

it('races limits on every store that this machine can run', () => {
  expect([...missing.values()].filter((reason) => reason === null).length).toBeGreaterThanOrEqual(4);
  if (process.env.CI === 'true') expect([...missing.values()]).toEqual(STORES.map(() => null));
});
