import type { Challenge, NewChallenge, Purpose } from '../../src/core/challenge.ts';
import type { Hit } from '../../src/core/limits.ts';
import type { Proof } from '../../src/core/proof.ts';
import type { ChallengeStore } from '../../src/ports/challenge-store.ts';
import { type CounterTable, charge, countsIn, readCounters, refusalIn } from './counters.ts';
import { RETENTION_MS } from './retention.ts';

type Input<Verb extends 'issue' | 'redeem' | 'spend' | 'take'> = Parameters<ChallengeStore[Verb]>[0];
type Answer<Verb extends 'issue' | 'redeem' | 'spend' | 'take'> = Awaited<ReturnType<ChallengeStore[Verb]>>;

/** What became of a send. */
export type DeliveryState = Parameters<ChallengeStore['recordDelivery']>[0]['state'];

/** A challenge as these stores keep it. */
export interface ChallengeRow extends Challenge {
  /** Epoch ms; `null` while it is unused. */
  readonly usedAt: number | null;
}

/** A proof as these stores keep it. */
export interface ProofRow extends Proof {
  readonly hash: string;
  readonly phoneKey: string;
}

/** Where challenges, proofs, counters and deliveries lie. A verb runs on it without a pause, and nobody else does meanwhile. */
export interface ChallengeTables {
  readonly counters: CounterTable;
  findChallenge(id: string): ChallengeRow | null;
  putChallenge(row: ChallengeRow): void;
  /** Unused challenges of the number and purpose. */
  unusedOf(of: { readonly phoneKey: string; readonly purpose: Purpose }): readonly ChallengeRow[];
  findProof(hash: string): ProofRow | null;
  putProof(row: ProofRow): void;
  deleteProof(hash: string): void;
  deliveryOf(d: { readonly id: string; readonly send: number }): DeliveryState | null;
  putDelivery(d: { readonly id: string; readonly send: number; readonly state: DeliveryState; readonly now: number }): void;
  /** Those of a challenge, whole. */
  forgetDeliveries(id: string): void;
}

/** `ChallengeStore.issue` over tables. */
export function issue(tables: ChallengeTables, i: Input<'issue'>): Answer<'issue'> {
  const { challenge, resendOf, hits, cooldown, now } = i;
  const sameId = known(tables, challenge.id, now);
  const other = resendOf === null ? null : known(tables, resendOf, now);
  const named = other !== null && isSameRequest(other, challenge) ? other : null;
  const repeated = [sameId, named].find((row) => row !== null && hasMet(row, challenge.idempotencyHash));
  if (repeated) return { is: 'repeated', challenge: publicPart(repeated) };
  const reading = readCounters(tables.counters, hits, cooldown, now);
  const limited = refusalIn(reading);
  if (limited !== null) return limited;
  const resendAt = charge(reading);
  const counts = countsIn(reading);
  const row = named !== null && isLive(named, now) ? named : sameId;
  if (row === null || !isLive(row, now)) {
    const fresh = { ...challenge, attemptsLeft: challenge.maxAttempts, sends: 1, resendAt, usedAt: null };
    tables.forgetDeliveries(fresh.id);
    tables.putChallenge(fresh);
    return { is: 'issued', challenge: publicPart(fresh), counts };
  }
  const changesCode = i.resend === 'rotate' || (row.id === challenge.id && row.reference !== challenge.reference);
  const resent = {
    ...row,
    ...(changesCode ? newCodeOf(row, i) : {}),
    idempotencyHash: hashesOf(row, challenge),
    locale: challenge.locale,
    channel: challenge.channel,
    expiresAt: expiryAfterResend(row, challenge),
    sends: row.sends + 1,
    resendAt,
  };
  tables.putChallenge(resent);
  return { is: 'resent', challenge: publicPart(resent), counts };
}

/** `ChallengeStore.redeem` over tables. */
export function redeem(tables: ChallengeTables, r: Input<'redeem'>): Answer<'redeem'> {
  const { now } = r;
  const row = known(tables, r.id, now);
  if (row === null || !r.purposes.includes(row.purpose)) return { is: 'unknown' };
  if (row.usedAt !== null) return { is: 'used' };
  if (row.attemptsLeft <= 0) return { is: 'exhausted' };
  if (now >= row.expiresAt) return { is: 'expired' };
  const reading = readCounters(tables.counters, r.hits, null, now);
  const limited = refusalIn(reading);
  if (limited !== null) return limited;
  const paid = { ...row, attemptsLeft: row.attemptsLeft - 1 };
  if (!isRight(row.digest, r.digests)) {
    tables.putChallenge(paid);
    charge(reading);
    return { is: 'wrong', attemptsLeft: paid.attemptsLeft };
  }
  tables.putChallenge(r.keep ? paid : { ...paid, usedAt: now });
  for (const other of tables.unusedOf(row)) {
    if (other.id !== row.id && isLive(other, now)) tables.putChallenge({ ...other, usedAt: now });
  }
  const { phoneKey, phoneNumber, purpose, userId, context, contextHash, reference, profile } = row;
  tables.putProof({ ...r.proof, phoneKey, phoneNumber, purpose, userId, context, contextHash, reference, profile });
  charge(reading, isAlways);
  const counts = countsIn(reading);
  for (const key of r.clears) tables.counters.forget(key);
  return { is: 'accepted', challenge: publicPart(paid), counts };
}

/** `ChallengeStore.spend` over tables. */
export function spend(tables: ChallengeTables, s: Input<'spend'>): Answer<'spend'> {
  const row = tables.findProof(s.proofHash);
  const fits =
    row !== null &&
    row.phoneKey === s.phoneKey &&
    s.now < row.expiresAt &&
    s.purposes.includes(row.purpose) &&
    (s.userId === null || s.userId === row.userId) &&
    s.contextHash === row.contextHash &&
    s.reference === row.reference;
  if (!fits) return { is: 'refused' };
  tables.deleteProof(row.hash);
  tables.putProof({ ...row, hash: s.nextProofHash });
  const { hash: _, phoneKey: __, ...proof } = row;
  return { is: 'spent', proof };
}

/** `ChallengeStore.take` over tables. */
export function take(tables: ChallengeTables, { hits, cooldown, now }: Input<'take'>): Answer<'take'> {
  const reading = readCounters(tables.counters, hits, cooldown, now);
  const limited = refusalIn(reading);
  if (limited !== null) return limited;
  charge(reading);
  return { is: 'taken', counts: countsIn(reading) };
}

/** The row of that id, while verbs know of it. */
export function known(tables: ChallengeTables, id: string, now: number): ChallengeRow | null {
  const row = tables.findChallenge(id);
  return row !== null && now < row.expiresAt + RETENTION_MS ? row : null;
}

/** Whether a code can still redeem it. */
export function isLive(row: ChallengeRow, now: number): boolean {
  return row.usedAt === null && row.attemptsLeft > 0 && now < row.expiresAt;
}

function isSameRequest(a: NewChallenge, b: NewChallenge): boolean {
  return a.phoneNumber === b.phoneNumber && a.purpose === b.purpose && a.userId === b.userId && a.context === b.context;
}

function newCodeOf(row: NewChallenge, { challenge, resendDigest }: Input<'issue'>): Partial<NewChallenge> {
  const { seed, codeLength, reference } = challenge;
  const digest = row.id === challenge.id ? challenge.digest : resendDigest;
  return { seed, codeLength, reference, digest: row.digest === null ? null : digest };
}

function hasMet(row: NewChallenge, idempotencyHash: string | null): boolean {
  return idempotencyHash !== null && (row.idempotencyHash ?? '').split(' ').includes(idempotencyHash);
}

function hashesOf(row: NewChallenge, challenge: NewChallenge): string | null {
  const hashes = [row.idempotencyHash, challenge.idempotencyHash].filter((hash) => hash !== null);
  return hashes.length === 0 ? null : hashes.join(' ');
}

function expiryAfterResend(row: NewChallenge, challenge: NewChallenge): number {
  const ttl = challenge.expiresAt - challenge.createdAt;
  return Math.min(challenge.expiresAt, row.createdAt + Math.max(ttl, 600_000));
}

/** What the core may know of a row. */
export function publicPart({ usedAt: _, ...challenge }: ChallengeRow): Challenge {
  return challenge;
}

function isAlways(hit: Hit): boolean {
  return hit.when === 'always';
}

function isRight(digest: string | null, digests: readonly string[]): boolean {
  if (digest === null) return false;
  let right = 0;
  for (const candidate of digests) right |= Number(isEqual(digest, candidate));
  return right === 1;
}

// Takes equally long wherever two strings of one length differ.
function isEqual(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let at = 0; at < a.length; at++) difference |= a.charCodeAt(at) ^ b.charCodeAt(at);
  return difference === 0;
}
