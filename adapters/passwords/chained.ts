import type { PasswordHasher } from '../../src/ports/password-hasher.ts';
import { turnstile } from './turnstile.ts';
import type { PasswordVerifier } from './verifier.ts';

/** What {@link chainedPasswords} takes. */
export interface ChainedPasswordsOptions {
  /** The first hashes what is new; the others know what is old. The first that knows a hash verifies it. */
  readonly hashers: readonly [PasswordHasher & PasswordVerifier, ...PasswordVerifier[]];
  /** Calls at work at the same time in all of them together, 1 to 64; bounds of their own hold beside it. @default 2 */
  readonly inFlight?: number | undefined;
  /** Calls that may wait for their turn, 0 to 10000; further ones are refused. @default 16 */
  readonly queue?: number | undefined;
}

/**
 * One hasher of several, for users who bring hashes from elsewhere: a right password under any but the first needs a new hash, so that a login
 * with it moves the user over. A hash that none of them knows fits no password, at the cost of a hash of the first.
 *
 * A foreign hash takes the time that its own parameters ask for. While such hashes are left, that time can tell that an account has one.
 *
 * `hash` and `verify` share one queue and reject with an `Error` when it is full. Throws a `TypeError` for a wrong option.
 *
 * @example
 * ```ts
 * import { chainedPasswords, djangoPasswords, nodePasswords, werkzeugPasswords } from 'ringlatch/passwords';
 *
 * const passwords = chainedPasswords({ hashers: [nodePasswords(), djangoPasswords(), werkzeugPasswords()] });
 * ```
 * @see OWASP Password Storage Cheat Sheet, "Upgrading Legacy Hashes"
 */
export function chainedPasswords(options: ChainedPasswordsOptions): PasswordHasher & PasswordVerifier {
  const { hashers, inFlight, queue } = settingsOf(options);
  const [first] = hashers;
  const inTurn = turnstile('chainedPasswords', inFlight, queue);
  const isCommon = first.isCommon?.bind(first);
  const knowing = (hash: string): PasswordVerifier | undefined => hashers.find((hasher) => hasher.knows({ hash }));

  return {
    hash: (h) => inTurn(() => first.hash(h)),

    verify: ({ password, hash }) =>
      inTurn(async () => {
        const hasher = knowing(hash);
        if (hasher === undefined) {
          await first.hash({ password });
          return { ok: false, needsRehash: false };
        }
        const { ok, needsRehash } = await hasher.verify({ password, hash });
        return { ok, needsRehash: ok && (needsRehash || hasher !== first) };
      }),

    knows: ({ hash }) => knowing(hash) !== undefined,

    ...(isCommon !== undefined && { isCommon }),
  };
}

function settingsOf(
  options: ChainedPasswordsOptions,
): Required<ChainedPasswordsOptions> & { readonly inFlight: number; readonly queue: number } {
  const { hashers, inFlight = 2, queue = 16, ...unknown } = options;
  const stranger = Object.keys(unknown)[0];
  if (stranger !== undefined) throw misuse(stranger, 'is not an option');
  if (!Array.isArray(hashers) || hashers.length === 0) throw misuse('hashers', 'must be an array of at least one hasher');
  hashers.forEach((hasher: unknown, index) => {
    const verbs = index === 0 ? ['hash', 'verify', 'knows'] : ['verify', 'knows'];
    const has = (verb: string): boolean => typeof (hasher as Readonly<Record<string, unknown>> | null)?.[verb] === 'function';
    if (!verbs.every(has)) throw misuse(`hashers[${index}]`, `must be an object with ${verbs.join(', ')}`);
  });
  return { hashers, inFlight: integer('inFlight', inFlight, 1, 64), queue: integer('queue', queue, 0, 10_000) };
}

function integer(path: string, value: number, min: number, max: number): number {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
  throw misuse(path, `must be an integer from ${min} to ${max}`);
}

function misuse(path: string, problem: string): TypeError {
  return new TypeError(`chainedPasswords: ${path} ${problem}`);
}
