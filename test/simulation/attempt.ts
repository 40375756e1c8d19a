import { isPhoneAuthError, type LimitName, type RequestCode } from '../../src/index.ts';
import type { Chance } from './chance.ts';
import type { World } from './world.ts';

/** A refusal, and when trying again may help. */
export interface Refused {
  readonly is: 'refused';
  readonly by: LimitName | 'policy' | 'store';
  readonly waitSeconds: number;
}

/** What an attacker was answered. */
export interface Trace {
  /** Epoch ms of every guess that was compared with a code. */
  readonly judgedAt: number[];
  /** How many of them each challenge took. */
  readonly judgedOf: Map<string, number>;
  readonly refusedBy: Map<Refused['by'], number>;
  takeovers: number;
}

/** An empty {@link Trace}. */
export function newTrace(): Trace {
  return { judgedAt: [], judgedOf: new Map(), refusedBy: new Map(), takeovers: 0 };
}

// What names no time to come back at is tried again like this.
const POLL_SECONDS = 600;

/** Asks for a code. */
export async function ask(
  { auth }: World,
  trace: Trace,
  { ip, ...request }: Omit<RequestCode, 'client'> & { readonly ip: string },
): Promise<{ readonly is: 'sent'; readonly challengeId: string } | Refused> {
  try {
    const { challengeId } = await auth.requestCode({ ...request, client: { ip } });
    return { is: 'sent', challengeId };
  } catch (error) {
    return noted(trace, refusalIn(error));
  }
}

/** Guesses the code of a challenge, by the function that would take the account over. */
export async function guess(
  { auth, clock }: World,
  trace: Trace,
  { challengeId, code, ip }: { readonly challengeId: string; readonly code: string; readonly ip: string },
): Promise<{ readonly is: 'right' | 'wrong' | 'dead' } | Refused> {
  const judged = (): void => {
    trace.judgedAt.push(clock.now());
    trace.judgedOf.set(challengeId, (trace.judgedOf.get(challengeId) ?? 0) + 1);
  };
  try {
    await auth.signInWithCode({ challengeId, code, client: { ip } });
    judged();
    trace.takeovers += 1;
    return { is: 'right' };
  } catch (error) {
    if (isPhoneAuthError(error, 'attempts_exhausted')) return { is: 'dead' };
    if (!isPhoneAuthError(error, 'invalid_code')) return noted(trace, refusalIn(error));
    if (error.details.reason !== 'wrong') return { is: 'dead' };
    judged();
    return { is: 'wrong' };
  }
}

/** The refusal that an error is; whatever else was thrown is no part of an attack. */
export function refusalIn(error: unknown): Refused {
  if (isPhoneAuthError(error, 'rate_limited'))
    return { is: 'refused', by: error.details.limit, waitSeconds: error.details.retryAfterSeconds };
  if (isPhoneAuthError(error, 'refused_by_policy')) return { is: 'refused', by: 'policy', waitSeconds: POLL_SECONDS };
  if (isPhoneAuthError(error, 'unavailable')) return { is: 'refused', by: 'store', waitSeconds: error.details.retryAfterSeconds };
  throw error;
}

/** Codes in an order of chance, none twice: those alone that come up most often, so that each is right with `guessProbability`. */
export function* codesToTry(chance: Chance, length: number): Generator<string, void, void> {
  const likely = 2 ** 31 % 10 ** length;
  const tried = new Set<number>();
  while (tried.size < likely) {
    const code = chance.below(likely);
    if (tried.has(code)) continue;
    tried.add(code);
    yield String(code).padStart(length, '0');
  }
}

function noted(trace: Trace, refused: Refused): Refused {
  trace.refusedBy.set(refused.by, (trace.refusedBy.get(refused.by) ?? 0) + 1);
  return refused;
}
