import fc from 'fast-check';
import type { NewChallenge } from '../../src/core/challenge.ts';
import type { Cooldown, Hit } from '../../src/core/limits.ts';
import type { NewSession } from '../../src/core/session.ts';
import type { ChallengeStore } from '../../src/ports/challenge-store.ts';
import type { SessionStore } from '../../src/ports/session-store.ts';

/** What the calls are made on. */
export interface Stores {
  readonly challenges: ChallengeStore;
  readonly sessions: SessionStore;
}

/** One call of one verb. */
export type Call = (stores: Stores, now: number) => Promise<unknown>;

// Few names, so that calls meet (an owner has 16 characters); awkward ones, so that nothing in them means anything.
const OWNERS = ['0123456789abcdef', '}{":*%\\\n\u0000é🙂{}]a'] as const;
const TEXTS = [null, '', '=', 'null', "'}]] redis.call('FLUSHALL') --", '\u0000\u2028"\\', '{a}:b', '۱۲۳'] as const;
const owner = fc.constantFrom(...OWNERS);
const text = fc.constantFrom(...TEXTS);
const purpose = fc.constantFrom('sign-in' as const, 'verify' as const);
const idOf = (key: string, place: number): string => `${key}/${place}`;

const windows: readonly Pick<Hit, 'max' | 'windowSeconds'>[] = [
  { max: 2, windowSeconds: 60 },
  { max: 4, windowSeconds: 3600 },
  { max: 3, windowSeconds: null },
  { max: 40, windowSeconds: 60 },
  { max: 0, windowSeconds: 5 },
];
const slot = fc.constantFrom(...OWNERS.map((key) => key.replaceAll(/[{}]/g, '')), 'system', '203.0.113.7', '2001:db8::');
const amount = fc.constantFrom(undefined, 0, 1, 2, 5);
const hit = fc.tuple(slot, fc.nat(9), fc.boolean(), amount).map(([key, pick, isAlways, counted]): Hit => {
  const window = windows[Math.floor(pick / 2)] ?? { max: 2, windowSeconds: 60 };
  const limit = (['sendsPerNumber', 'smsPerDay', 'sendsPerIp'] as const)[(key.length + pick) % 3] ?? 'smsPerDay';
  return { key: `{${key}}${pick}`, limit, ...window, when: isAlways ? 'always' : 'wrong', amount: counted };
});
const hits = fc.array(hit, { maxLength: 4 });
const ladders = fc.constantFrom(
  { name: 'steep', limit: 'resendAfterSeconds' as const, ladderSeconds: [30, 60, 120] },
  { name: 'late', limit: 'passwordsPerNumber' as const, ladderSeconds: [0, 30] },
  { name: 'flat', limit: 'resendAfterSeconds' as const, ladderSeconds: [] },
);
const cooldown: fc.Arbitrary<Cooldown | null> = fc.option(
  fc.tuple(slot, ladders).map(([key, { name, ...ladder }]) => ({ key: `{${key}}${name}`, ...ladder, windowSeconds: 600 })),
);

const digest = fc.constantFrom(null, 'right', 'other');
const challenge = fc
  .record({
    owner,
    place: fc.nat(2),
    purpose,
    userId: text,
    context: text,
    reference: text,
    profile: text,
    idempotencyHash: fc.constantFrom(null, 'one', '=', 'two'),
  })
  .chain((given) => fc.tuple(fc.constant(given), digest, fc.integer({ min: 1, max: 3 })))
  .map(
    ([{ owner: phoneKey, place, ...given }, digest, maxAttempts]) =>
      (now: number): NewChallenge => ({
        ...{ ...given, id: idOf(phoneKey, place), phoneKey, phoneNumber: `+${phoneKey}`, contextHash: given.context, digest, maxAttempts },
        ...{ seed: `seed at ${now}`, locale: 'en', channel: 'sms', codeLength: 6, createdAt: now, expiresAt: now + 300_000 },
      }),
  );

/** Every verb of both ports, with names that are few enough for calls to meet. */
export const CALLS: readonly fc.Arbitrary<Call>[] = [
  fc
    .record({
      challenge,
      resendOf: fc.option(fc.nat(2)),
      resend: fc.constantFrom('same' as const, 'rotate' as const),
      resendDigest: digest,
      hits,
      cooldown,
    })
    .map(
      (given): Call =>
        ({ challenges }, now) => {
          const fresh = given.challenge(now);
          return challenges.issue({
            ...given,
            challenge: fresh,
            resendOf: given.resendOf === null ? null : idOf(fresh.phoneKey, given.resendOf),
            now,
          });
        },
    ),
  fc
    .record({ owner, place: fc.nat(2), purposes: fc.uniqueArray(purpose), digests: fc.uniqueArray(fc.constantFrom('right', 'wrong', '')) })
    .chain((given) =>
      fc.record({
        given: fc.constant(given),
        hits,
        clears: fc.array(
          hit.map(({ key }) => key),
          { maxLength: 3 },
        ),
        proof: fc.nat(3),
        keep: fc.boolean(),
      }),
    )
    .map(
      ({ given, proof, ...rest }): Call =>
        ({ challenges }, now) =>
          challenges.redeem({
            ...rest,
            ...given,
            id: idOf(given.owner, given.place),
            proof: { hash: `${given.owner}${proof}`, expiresAt: now + 600_000 },
            now,
          }),
    ),
  fc
    .record({ owner, from: fc.nat(3), to: fc.nat(3), purposes: fc.uniqueArray(purpose), userId: text, contextHash: text, reference: text })
    .map(
      ({ owner: phoneKey, from, to, ...given }): Call =>
        ({ challenges }, now) =>
          challenges.spend({ ...given, phoneKey, proofHash: `${phoneKey}${from}`, nextProofHash: `${phoneKey}${to}`, now }),
    ),
  fc.record({ hits, cooldown }).map(
    (given): Call =>
      ({ challenges }, now) =>
        challenges.take({ ...given, now }),
  ),
  fc.array(hit, { maxLength: 3 }).map(
    (all): Call =>
      ({ challenges }) =>
        challenges.clear(all.map(({ key }) => key)),
  ),
  fc.record({ owner, place: fc.nat(2), send: fc.nat(3), isLate: fc.boolean(), hits }).map(
    ({ owner: phoneKey, place, isLate, ...given }): Call =>
      async ({ challenges }, now) => {
        const id = idOf(phoneKey, place);
        const known = await challenges.recordDelivery({ id, send: 1, state: 'unknown', now });
        const createdAt = known.is === 'recorded' ? known.challenge.createdAt : now;
        return challenges.nextSend({ ...given, id, createdAt: isLate ? createdAt - 1 : createdAt, now });
      },
  ),
  fc.record({ owner, place: fc.nat(2), send: fc.nat(3), state: fc.constantFrom('accepted' as const, 'delivered' as const) }).map(
    ({ place, ...given }): Call =>
      ({ challenges }, now) =>
        challenges.recordDelivery({ ...given, id: idOf(given.owner, place), now }),
  ),
  fc
    .record({
      owner,
      place: fc.nat(5),
      userAgent: text,
      ip: text,
      maxPerUser: fc.integer({ min: 1, max: 4 }),
      ends: fc.constantFrom(50_000, 5_000_000),
    })
    .map(
      ({ owner: userKey, place, userAgent, ip, maxPerUser, ends }): Call =>
        ({ sessions }, now) => {
          const session: NewSession = {
            ...{
              id: idOf(userKey, place),
              userKey,
              userId: `user ${userKey}`,
              userAgent,
              ip,
              amr: 'sms',
              currentHash: 'h0',
              authTime: now,
            },
            ...{ createdAt: now, idleExpiresAt: now + ends, absoluteExpiresAt: now + 2 * ends },
          };
          return sessions.create({ session, maxPerUser, now });
        },
    ),
  fc
    .record({
      owner,
      place: fc.nat(5),
      presentedHash: fc.constantFrom('h0', 'h1', 'h2'),
      nextHash: fc.constantFrom(null, 'h1', 'h2'),
      graceSeconds: fc.constantFrom(0, 30),
    })
    .chain((given) => fc.tuple(fc.constant(given), fc.constantFrom('revoke' as const, 'reject' as const)))
    .map(
      ([{ owner: key, place, ...given }, onReuse]): Call =>
        ({ sessions }, now) =>
          sessions.rotate({ ...given, sessionId: idOf(key, place), idleExpiresAt: now + 1_000_000, onReuse, now }),
    ),
  fc.tuple(owner, fc.nat(5)).map(
    ([key, place]): Call =>
      ({ sessions }, now) =>
        sessions.revoke({ sessionId: idOf(key, place), now }),
  ),
  fc.tuple(owner, fc.nat(5)).map(
    ([key, place]): Call =>
      ({ sessions }, now) =>
        sessions.find({ sessionId: idOf(key, place), now }),
  ),
  fc.tuple(owner, fc.option(fc.nat(5))).map(
    ([userKey, place]): Call =>
      ({ sessions }, now) =>
        sessions.revokeAllOf({ userId: `user ${userKey}`, userKey, exceptSessionId: place === null ? null : idOf(userKey, place), now }),
  ),
  fc.tuple(owner, owner).map(
    ([userKey, of]): Call =>
      ({ sessions }, now) =>
        sessions.listOf({ userId: `user ${of}`, userKey: of === userKey ? userKey : of, now }),
  ),
];
