import type { Challenge, NewChallenge } from '../../src/core/challenge.ts';
import type { Proof } from '../../src/core/proof.ts';
import type { ChallengeStore } from '../../src/ports/challenge-store.ts';
import { textArray } from './postgres-arrays.ts';
import { slotOf } from './postgres-charges.ts';
import type { PostgresCall } from './postgres-database.ts';
import { postgresRows } from './postgres-rows.ts';
import { inputOf, type PostgresOperation, type PostgresRun } from './postgres-runs.ts';
import { sweepTables } from './postgres-sweep.ts';

type Input<Verb extends 'issue' | 'redeem' | 'take'> = Parameters<ChallengeStore[Verb]>[0];
type Answer<Verb extends 'issue' | 'redeem' | 'take' | 'spend' | 'nextSend' | 'recordDelivery'> = Awaited<ReturnType<ChallengeStore[Verb]>>;
type Row = Readonly<Record<string, unknown>>;

// In the order of the columns.
const GIVEN = [
  ...(['id', 'phoneKey', 'phoneNumber', 'purpose', 'userId', 'context', 'contextHash', 'reference', 'seed', 'digest'] as const),
  ...(['profile', 'idempotencyHash', 'locale', 'channel', 'codeLength', 'maxAttempts', 'createdAt', 'expiresAt'] as const),
] as const;
const CHALLENGES = postgresRows<Challenge>([...GIVEN, 'attemptsLeft', 'sends', 'resendAt']);
const PROOFS = postgresRows<Proof>(['phoneNumber', 'purpose', 'userId', 'context', 'contextHash', 'reference', 'profile', 'expiresAt']);

/** Challenges, proofs and counters in a database that was migrated. */
export function postgresChallenges(call: PostgresCall, run: PostgresRun): ChallengeStore {
  return {
    async issue(i) {
      return issueAnswer(i.challenge, await run(issueOf(i)));
    },
    redeem: async (r) => withChallenge<Answer<'redeem'>>(await run(redeemOf(r))),
    async spend(s) {
      const answer = await call<{ readonly proof?: Row }>('spend', s);
      return { ...answer, ...(answer.proof === undefined ? {} : { proof: PROOFS.fromRow(answer.proof) }) } as Answer<'spend'>;
    },
    take: (t) => run<Answer<'take'>>(takeOf(t)),
    async clear(keys) {
      await call('clear', clearInput(keys));
    },
    async nextSend({ id, createdAt, send, hits, now }) {
      const operation = { verb: 'next_send', id, hits, cooldown: null, clears: [], now, input: { createdAt, send } } as const;
      return withChallenge<Answer<'nextSend'>>(await run(operation));
    },
    recordDelivery: async (d) => withChallenge<Answer<'recordDelivery'>>(await call('note_delivery', d)),
    sweep: ({ now, max }) => sweepTables(call, ['challenges', 'proofs', 'slots'], { now, max }),
  };
}

/** What the function of `take` takes. */
export function takeInput(t: Input<'take'>): object {
  return inputOf(takeOf(t));
}

/** What the function of `clear` takes. */
export function clearInput(keys: readonly string[]): object {
  return { keys, slots: keys.map(slotOf) };
}

/** An answer with its challenge as the core has it. */
export function withChallenge<Given>(answer: { readonly challenge?: Row }): Given {
  return { ...answer, ...(answer.challenge === undefined ? {} : { challenge: CHALLENGES.fromRow(answer.challenge) }) } as Given;
}

/** A request as an operation of a run. */
export function issueOf({ challenge, resendOf, resend, resendDigest, hits, cooldown, now }: Input<'issue'>): PostgresOperation {
  const input = { resendOf, resend, resendDigest, challenge: textArray(GIVEN.map((field) => challenge[field])) };
  return { verb: 'issue', id: challenge.id, hits, cooldown, clears: [], now, input };
}

/** What the port answers of it: a row that is new is the challenge as it was given. */
export function issueAnswer(challenge: NewChallenge, answer: object): Answer<'issue'> {
  const { resendAt, ...rest } = answer as { readonly resendAt?: number };
  if (resendAt === undefined) return withChallenge(answer);
  return { ...rest, challenge: { ...challenge, attemptsLeft: challenge.maxAttempts, sends: 1, resendAt } } as Answer<'issue'>;
}

/** A redemption as an operation of a run. */
export function redeemOf({ id, purposes, digests, proof, keep, hits, clears, now }: Input<'redeem'>): PostgresOperation {
  return { verb: 'redeem', id, hits, cooldown: null, clears, now, input: { purposes, digests: textArray(digests), proof, keep } };
}

function takeOf({ hits, cooldown, now }: Input<'take'>): PostgresOperation {
  return { verb: 'take', id: null, hits, cooldown, clears: [], now, input: {} };
}
