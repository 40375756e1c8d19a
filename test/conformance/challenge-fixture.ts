import assert from 'node:assert/strict';
import type { Challenge, NewChallenge, Purpose } from '../../src/core/challenge.ts';
import type { Cooldown, Hit } from '../../src/core/limits.ts';
import type { NewProof } from '../../src/core/proof.ts';
import type { ChallengeStore } from '../../src/ports/challenge-store.ts';
import { NOW, randomText } from './case.ts';

type Issue = Parameters<ChallengeStore['issue']>[0];
type Redeem = Parameters<ChallengeStore['redeem']>[0];
type Spend = Parameters<ChallengeStore['spend']>[0];

/** A number nobody else uses, and its slot. */
export interface Owner {
  readonly phoneKey: string;
  readonly phoneNumber: string;
}

export function someOwner(): Owner {
  return { phoneKey: randomText(12), phoneNumber: `+98912${String(crypto.getRandomValues(new Uint32Array(1))[0]).padStart(10, '0')}` };
}

/** A sign-in challenge of five attempts and five minutes, for a number of its own unless an owner is given. */
export function someChallenge(given: Partial<NewChallenge> = {}): NewChallenge {
  const owner = someOwner();
  const phoneKey = given.phoneKey ?? owner.phoneKey;
  const createdAt = given.createdAt ?? NOW;
  return {
    id: newIdFor({ phoneKey }),
    phoneKey,
    phoneNumber: owner.phoneNumber,
    purpose: 'sign-in',
    userId: null,
    context: null,
    contextHash: null,
    reference: null,
    seed: randomText(32),
    digest: randomText(32),
    profile: null,
    idempotencyHash: null,
    locale: 'en',
    channel: 'sms',
    codeLength: 6,
    maxAttempts: 5,
    createdAt,
    expiresAt: createdAt + 300_000,
    ...given,
  };
}

/** Another id in the slot of a number. */
export function newIdFor({ phoneKey }: { readonly phoneKey: string }): string {
  return `${phoneKey}${randomText(16)}`;
}

/** The digest of the right code; the challenge must not be a decoy. */
export function rightDigest(challenge: NewChallenge): string {
  assert.ok(challenge.digest !== null);
  return challenge.digest;
}

export function issueInput(challenge: NewChallenge, given: Partial<Issue> = {}): Issue {
  return { challenge, resendOf: null, resend: 'same', resendDigest: null, hits: [], cooldown: null, now: challenge.createdAt, ...given };
}

export function redeemInput(challenge: NewChallenge, given: Partial<Redeem> = {}): Redeem {
  const now = given.now ?? challenge.createdAt;
  return {
    id: challenge.id,
    purposes: [challenge.purpose],
    digests: challenge.digest === null ? [] : [challenge.digest],
    hits: [],
    clears: [],
    proof: someProof(now),
    keep: false,
    now,
    ...given,
  };
}

export function wrongInput(challenge: NewChallenge, given: Partial<Redeem> = {}): Redeem {
  return redeemInput(challenge, { digests: [randomText(32)], ...given });
}

export function someProof(now: number = NOW): NewProof {
  return { hash: randomText(32), expiresAt: now + 600_000 };
}

export function spendInput(challenge: NewChallenge, proof: NewProof, given: Partial<Spend> = {}): Spend {
  const { phoneKey, purpose, userId, contextHash, reference } = challenge;
  const nextProofHash = randomText(32);
  return { proofHash: proof.hash, phoneKey, purposes: [purpose], userId, contextHash, reference, nextProofHash, now: NOW, ...given };
}

export function someHit(given: Partial<Hit> = {}): Hit {
  return { key: `{${randomText(12)}}hit`, limit: 'sendsPerNumber', max: 3, windowSeconds: 600, when: 'always', ...given };
}

export function someCooldown(given: Partial<Cooldown> = {}): Cooldown {
  return { key: `{${randomText(12)}}ladder`, limit: 'resendAfterSeconds', ladderSeconds: [30, 60, 120], windowSeconds: 3600, ...given };
}

/** Issues a challenge that must come out new. */
export async function issued(store: ChallengeStore, given: Partial<NewChallenge> = {}, input: Partial<Issue> = {}): Promise<Challenge> {
  const answer = await store.issue(issueInput(someChallenge(given), input));
  assert.equal(answer.is, 'issued');
  return answer.challenge;
}

/** Earns a proof of a challenge that must be redeemable. */
export async function earned(store: ChallengeStore, challenge: NewChallenge, given: Partial<Redeem> = {}): Promise<NewProof> {
  const proof = someProof(given.now ?? challenge.createdAt);
  const answer = await store.redeem(redeemInput(challenge, { proof, ...given }));
  assert.equal(answer.is, 'accepted');
  return proof;
}

/** Brings a challenge to the end that is named; gives the moment at which it is dead. */
export async function killed(store: ChallengeStore, challenge: NewChallenge, how: 'used' | 'exhausted' | 'expired'): Promise<number> {
  if (how === 'expired') return challenge.expiresAt;
  if (how === 'used') await earned(store, challenge);
  else for (let left = challenge.maxAttempts; left > 0; left--) await store.redeem(wrongInput(challenge));
  return challenge.createdAt + 1;
}

/** How many of these hits still fit, found out by taking them. */
export async function roomFor(store: ChallengeStore, hit: Hit, now: number): Promise<number> {
  for (let taken = 0; taken <= 2 * hit.max; taken++) {
    if ((await store.take({ hits: [{ ...hit, when: 'always' }], cooldown: null, now })).is === 'limited') return taken;
  }
  return assert.fail(`a window of ${hit.max} let ${2 * hit.max} hits in`);
}

/** Every purpose that is not this one. */
export function otherPurposes(purpose: Purpose): readonly Purpose[] {
  const all: readonly Purpose[] = ['sign-in', 'login', 'register', 'verify', 'reset-password', 'change-phone-number', 'step-up'];
  return all.filter((other) => other !== purpose);
}
