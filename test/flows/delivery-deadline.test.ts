import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { deliveryPlan, type PhoneAuthConfig, type SmsSender, smsError } from '../../src/index.ts';
import { nextPhoneNumber } from '../kit/index.ts';
import { failure, type Profile, type Stage, stage, type User } from './stage.ts';

type Overrides = Partial<PhoneAuthConfig<User, Profile>>;

const REQUEST_SECONDS = 0.3;
// A loaded machine is late, by less than another deadline.
const MOST_MS = 1000 * REQUEST_SECONDS + 250;

/** What senders do: nothing at all, fail after so many milliseconds, or hold the whole process up and then fail. */
type Deed = 'hangs' | number | { readonly holdsUpMs: number };

function held<Value>(value: Value, milliseconds = 1000 * REQUEST_SECONDS): Value {
  for (const until = performance.now() + milliseconds; performance.now() < until; );
  return value;
}

function sender(name: string, deed: Deed): SmsSender & { tried: number; isWell: boolean } {
  const made = {
    name,
    tried: 0,
    isWell: false,
    async send() {
      made.tried += 1;
      if (made.isWell) return;
      if (deed === 'hangs') await new Promise(() => undefined);
      else if (typeof deed === 'number') await pause(deed);
      else held(name, deed.holdsUpMs);
      throw smsError({ kind: 'retryable' });
    },
  };
  return made;
}

const LAID_OUT: readonly (readonly [string, (senders: readonly SmsSender[]) => PhoneAuthConfig['sms']])[] = [
  ['in a row', (senders) => senders],
  [
    'in a plan',
    (senders) =>
      deliveryPlan(
        senders.map((one, index) => ({
          channel: index === 0 ? 'whatsapp' : 'sms',
          sender: one,
          ...(index === senders.length - 1 ? {} : { waitSeconds: 60 }),
        })),
      ),
  ],
];

async function timed(s: Stage, call: Promise<unknown>) {
  const began = performance.now();
  const { details } = await failure(call, 'delivery_failed');
  const tookMs = performance.now() - began;
  s.events.splice(0);
  return { details, tookMs };
}

describe.each(LAID_OUT)('senders %s', (_, layOut) => {
  it.each<[string, readonly Deed[], Overrides['deadlineSeconds'], tried: readonly number[], retryable: boolean]>([
    ['the first of which hangs until its own deadline', ['hangs', 0], { sms: 0.1 }, [1, 0], true],
    ['the first of which hangs until the deadline of the request', ['hangs', 0], { sms: 8 }, [1, 0], true],
    ['the first of which fails slowly and the second hangs', [150, 'hangs'], { sms: 0.25 }, [1, 1], true],
    ['that all fail slowly', [110, 110, 110, 110], { sms: 0.25 }, [1, 1, 1, 0], true],
    ['the first of which holds everything up for too long', [{ holdsUpMs: 320 }, 0], { sms: 0.25 }, [1, 0], true],
  ])('%s are waited for no longer than the request may take, and nothing is lost', async (_name, deeds, deadlines, tried, retryable) => {
    const senders = deeds.map((deed, index) => sender(`s${index}`, deed));
    const s = stage({ sms: layOut(senders), deadlineSeconds: { request: REQUEST_SECONDS, ...deadlines } });
    const phoneNumber = nextPhoneNumber();
    const { details, tookMs } = await timed(s, s.auth.requestCode({ phoneNumber, client: s.client }));
    expect(tookMs).toBeLessThan(MOST_MS);
    expect(senders.map((one) => one.tried)).toEqual(tried);
    expect(details).toEqual({
      retryable,
      challengeId: expect.any(String),
      phoneNumber,
      codeLength: 6,
      channel: expect.stringMatching(/^(sms|whatsapp)$/),
      expiresAt: expect.any(Number),
      expiresInSeconds: 300,
      resendAt: expect.any(Number),
      resendInSeconds: expect.any(Number),
    });
    for (const one of senders) one.isWell = true;
    s.clock.advance(30);
    const { challengeId } = await s.auth.requestCode({ phoneNumber, resendOf: details.challengeId, client: s.client });
    expect(challengeId).toBe(details.challengeId);
  });

  it.each<[string, Overrides]>([
    ['a template', { messages: { en: ({ code }) => held(code) } }],
    ['a listener', { onEvent: ({ type }) => void (type === 'code.requested' && held(type)) }],
  ])('to whom %s leaves no time are not begun, and the challenge is told', async (_name, overrides) => {
    const only = sender('only', 0);
    const s = stage({ sms: layOut([only]), deadlineSeconds: { request: REQUEST_SECONDS }, ...overrides });
    const { details } = await timed(s, s.auth.requestCode({ phoneNumber: nextPhoneNumber(), client: s.client }));
    expect(details).toMatchObject({ retryable: true, challengeId: expect.any(String) });
    expect(only.tried).toBe(0);
  });

  it('that are not begun keep their good name', async () => {
    const [slow, second] = [sender('slow', { holdsUpMs: 1000 * REQUEST_SECONDS }), sender('second', 0)];
    const s = stage({
      sms: layOut([slow, second]),
      limits: { smsPerDay: 10_000, sendsPerIp: [{ max: 1000, windowSeconds: 60 }] },
      deadlineSeconds: { request: REQUEST_SECONDS },
    });
    while (slow.tried < 10) await failure(s.auth.requestCode({ phoneNumber: nextPhoneNumber(), client: s.client }), 'delivery_failed');
    const suspended = s.events.flatMap((event) => (event.type === 'sender.suspended' ? [event.sender] : []));
    expect([suspended, second.tried]).toEqual([['slow'], 0]);
  });
});
