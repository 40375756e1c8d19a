import fc from 'fast-check';
import type { Hit } from '../../src/core/limits.ts';
import type { PhoneNumber } from '../../src/core/phone-number.ts';
import type { ChallengeStore } from '../../src/ports/challenge-store.ts';
import type { SessionStore } from '../../src/ports/session-store.ts';
import type { UserRecord, UserStore } from '../../src/ports/user-store.ts';
import { NOW } from '../conformance/case.ts';
import { someChallenge } from '../conformance/challenge-fixture.ts';

/** What the commands are run on. */
export interface Stores {
  readonly challenges: ChallengeStore;
  readonly sessions: SessionStore;
  readonly users: Required<UserStore<UserRecord, never>>;
}

/** What a command has in hand: handles on one store, a name that no other run uses, and the time. */
interface Stage extends Stores {
  readonly world: string;
  readonly now: number;
}

/** One call, with inputs that are few enough for calls to meet. */
export type Command = (stage: Stage) => Promise<unknown>;

/** Calls that are in flight together, after a pause. */
export interface Batch {
  readonly pauseMs: number;
  readonly commands: readonly Command[];
}

/** Random sequences of batches. */
export function batchesOf(commands: readonly fc.Arbitrary<Command>[]): fc.Arbitrary<readonly Batch[]> {
  const pauseMs = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.constantFrom(1, 999, 30_000, 59_000, 60_000, 300_000));
  const batch = fc.record({ pauseMs, commands: fc.array(fc.oneof(...commands), { minLength: 1, maxLength: 8 }) });
  return fc.array(batch, { minLength: 4, maxLength: 14 });
}

/** Runs the batches one after the other, the calls of each at once, in turn over all handles and a millisecond apart, on rows of their own. */
export async function runBatches(batches: readonly Batch[], handles: readonly [Stores, ...Stores[]]): Promise<void> {
  const world = crypto.randomUUID();
  const handle = (index: number): Stores => handles[index % handles.length] ?? handles[0];
  let now = NOW;
  await createSession({ ...handle(0), world, now });
  for (const { pauseMs, commands } of batches) {
    now += pauseMs;
    await Promise.allSettled(commands.map((command, index) => command({ ...handle(index), world, now: now + index })));
  }
}

const cooldownOf = (world: string) => ({
  key: `{${world}}ladder`,
  limit: 'resendAfterSeconds' as const,
  ladderSeconds: [5, 30],
  windowSeconds: 600,
});
const guessesOf = (world: string) => hitOf(world, 'guesses', 4, 600, 'wrong');
const sendsOf = (world: string) => hitOf(world, 'sends', 3, 600, 'always');
const callsOf = (world: string) => hitOf(world, 'calls', 33, 60, 'always');

function hitOf(world: string, name: string, max: number, windowSeconds: number, when: Hit['when']): Hit {
  return { key: `{${world}}${name}`, limit: 'sendsPerNumber', max, windowSeconds, when };
}

const issue = fc.tuple(fc.nat(2), fc.boolean(), fc.constantFrom('same' as const, 'rotate' as const)).map(
  ([slot, isResend, resend]): Command =>
    ({ challenges, world, now }) => {
      const owner = { phoneKey: `${world}/n`, phoneNumber: '+989120000000', digest: `${world}/right` };
      return challenges.issue({
        challenge: someChallenge({ ...owner, id: `${world}/c${slot}`, maxAttempts: 3, createdAt: now }),
        resendOf: isResend ? `${world}/c${(slot + 1) % 3}` : null,
        resend,
        resendDigest: `${world}/right`,
        hits: [sendsOf(world), callsOf(world)],
        cooldown: cooldownOf(world),
        now,
      });
    },
);

const redeem = fc.tuple(fc.nat(2), fc.nat(3), fc.boolean()).map(
  ([slot, luck, keep]): Command =>
    ({ challenges, world, now }) =>
      challenges.redeem({
        id: `${world}/c${slot}`,
        purposes: ['sign-in'],
        digests: [luck === 0 ? `${world}/right` : 'wrong'],
        hits: [guessesOf(world), callsOf(world)],
        clears: [cooldownOf(world).key],
        proof: { hash: crypto.randomUUID(), expiresAt: now + 600_000 },
        keep,
        now,
      }),
);

const nextSend = fc.tuple(fc.nat(2), fc.integer({ min: 1, max: 3 })).map(
  ([slot, send]): Command =>
    async ({ challenges, world, now }) => {
      const id = `${world}/c${slot}`;
      const known = await challenges.recordDelivery({ id, send: 1, state: 'unknown', now });
      if (known.is === 'unknown') return;
      const { createdAt } = known.challenge;
      await challenges.nextSend({ id, createdAt, send, hits: [sendsOf(world), callsOf(world)], now });
    },
);

/** Calls of a challenge store: three ids of one number, three windows and a ladder. */
export const CHALLENGE_COMMANDS: readonly fc.Arbitrary<Command>[] = [
  issue,
  redeem,
  redeem,
  nextSend,
  fc.constantFrom(undefined, 0, 1, 2, 5).map(
    (amount): Command =>
      ({ challenges, world, now }) =>
        Promise.all(Array.from({ length: 9 }, () => challenges.take({ hits: [{ ...callsOf(world), amount }], cooldown: null, now }))),
  ),
  fc.constantFrom<Command>(
    ({ challenges, world }) => challenges.clear([guessesOf(world).key]),
    ({ challenges, now }) => challenges.sweep({ now, max: 100 }),
  ),
];

const createSession: Command = ({ sessions, world, now }) => sessions.create({ session: sessionOf(world, now), maxPerUser: 3, now });

function sessionOf(world: string, now: number) {
  return {
    id: `${world}/s`,
    userId: `${world}/u`,
    userKey: `${world}/k`,
    currentHash: `${world}/h0`,
    amr: 'sms',
    userAgent: null,
    ip: null,
    authTime: now,
    createdAt: now,
    idleExpiresAt: now + 86_400_000,
    absoluteExpiresAt: now + 1e9,
  };
}

const rotate = fc.tuple(fc.nat(3), fc.constantFrom(0, 30, 30, 30), fc.constantFrom('revoke' as const, 'reject' as const)).map(
  ([generation, graceSeconds, onReuse]): Command =>
    ({ sessions, world, now }) =>
      sessions.rotate({
        sessionId: `${world}/s`,
        presentedHash: `${world}/h${generation}`,
        nextHash: `${world}/h${generation + 1}`,
        graceSeconds,
        idleExpiresAt: now + 86_400_000,
        onReuse,
        now,
      }),
);

/** Calls of a session store: the generations of one session, and what ends it. */
export const SESSION_COMMANDS: readonly fc.Arbitrary<Command>[] = [
  rotate,
  rotate,
  rotate,
  rotate,
  fc.constantFrom<Command>(
    ({ sessions, world, now }) => sessions.create({ session: { ...sessionOf(world, now), id: crypto.randomUUID() }, maxPerUser: 3, now }),
    ({ sessions, world, now }) => sessions.listOf({ userId: `${world}/u`, userKey: `${world}/k`, now }),
    ({ sessions, world, now }) => sessions.revoke({ sessionId: `${world}/s`, now }),
    ({ sessions, now }) => sessions.sweep({ now, max: 100 }),
  ),
];

const numberOf = (world: string, slot: number): PhoneNumber => `+98912${world}${slot}` as PhoneNumber;

/** Calls of a user store: registrations, changes and removals of three numbers. */
export const USER_COMMANDS: readonly fc.Arbitrary<Command>[] = [
  fc.nat(2).map(
    (slot): Command =>
      ({ users, world, now }) =>
        users.create({ phoneNumber: numberOf(world, slot), profile: {} as never, passwordHash: null, now }),
  ),
  fc.tuple(fc.nat(2), fc.nat(2), fc.boolean()).map(
    ([from, to, isRemoval]): Command =>
      async ({ users, world, now }) => {
        const user = await users.findByPhoneNumber({ phoneNumber: numberOf(world, from) });
        if (user === null) return;
        await users.setPhoneNumber({ userId: user.id, phoneNumber: isRemoval ? null : numberOf(world, to), now });
      },
  ),
];
