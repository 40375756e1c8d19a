import { isPhoneAuthError } from '../../src/errors.ts';
import type { Service } from './service-under-load.ts';

/** Somebody who signs in for the first time and stays a while; what they hold tells how far they came. */
export interface Visit {
  readonly phoneNumber: string;
  readonly idempotencyKey: string;
  challengeId: string | null;
  /** Handed out by answers that were `unavailable`, oldest first. */
  readonly proofs: string[];
  refreshToken: string | null;
  refreshes: number;
}

const REFRESHES = 3;
const client = { ip: '203.0.113.7' };
let visitors = 0;

/** A visitor with a number of their own. */
export function newVisit(): Visit {
  // Several processes draw numbers for one store.
  const index = (process.pid % 100) * 100_000 + (visitors++ % 100_000);
  return {
    phoneNumber: `+98912${String(index).padStart(7, '0')}`,
    idempotencyKey: crypto.randomUUID(),
    challengeId: null,
    proofs: [],
    refreshToken: null,
    refreshes: 0,
  };
}

/** Goes on from where a visit stands, as a client of ours should: also after an answer that was lost. Fails as the service fails. */
export async function proceed(service: Service, visit: Visit): Promise<void> {
  visit.challengeId ??= await requestCode(service, visit);
  const challengeId = visit.challengeId;
  // A request whose answer was lost is repeated without a message: the next one is a resend.
  if (!service.sent.has(challengeId))
    await service.call((auth) => auth.requestCode({ phoneNumber: visit.phoneNumber, resendOf: challengeId, client }));
  visit.refreshToken ??= await signIn(service, visit, challengeId);
  while (visit.refreshes < REFRESHES) {
    const refreshToken: string = visit.refreshToken;
    visit.refreshToken = (await service.call((auth) => auth.refreshSession({ refreshToken, client }))).refreshToken;
    visit.refreshes += 1;
  }
}

async function requestCode(service: Service, { phoneNumber, idempotencyKey }: Visit): Promise<string> {
  const { challengeId } = await service.call((auth) => auth.requestCode({ phoneNumber, idempotencyKey, client }));
  return challengeId;
}

async function signIn(service: Service, visit: Visit, challengeId: string): Promise<string> {
  const { code } = service.sent.get(challengeId) ?? { code: '' };
  const newestFirst = visit.proofs.toReversed().map((proof) => ({ proof }));
  // The proofs once more: a call that was given up may have been carried out between.
  const answers = [...newestFirst, { challengeId, code }, ...newestFirst];
  for (const [index, answer] of answers.entries()) {
    try {
      return (await service.call((auth) => auth.signInWithCode({ ...answer, client }))).refreshToken;
    } catch (error) {
      if (isPhoneAuthError(error, 'unavailable') && error.details.proof !== undefined) visit.proofs.push(error.details.proof);
      if (index === answers.length - 1 || !isPhoneAuthError(error, 'invalid_proof', 'invalid_code')) throw error;
    }
  }
  throw new Error('nothing to answer with');
}
