// Runs on Node (24.7 and later by its own argon2, before that by the optional peer `@node-rs/argon2`) and on Bun.
import * as nodeCrypto from 'node:crypto';
import type { PasswordHasher } from '../../src/ports/password-hasher.ts';
import {
  type Argon2Provider,
  argon2idBy,
  defaultProvider,
  MAX_MEMORY_KIB,
  MAX_PARALLELISM,
  MAX_PASSES,
  type Parameters,
  parsePhc,
} from './argon2id.ts';
import { commonPasswords } from './common-passwords.ts';
import { turnstile } from './turnstile.ts';
import type { PasswordVerifier } from './verifier.ts';

/** What {@link nodePasswords} takes. The defaults are a row of the OWASP Password Storage Cheat Sheet. */
export interface NodePasswordsOptions {
  /** KiB of memory per hash, 8 × `parallelism` to 1048576. Memory is what graphics cards lack. @default 19456 (19 MiB) */
  readonly memoryKiB?: number | undefined;
  /** Passes over that memory, 1 to 16. @default 2 */
  readonly passes?: number | undefined;
  /** Lanes, 1 to 16; more than one only pays with idle cores. @default 1 */
  readonly parallelism?: number | undefined;
  /** Hashes at the same time, 1 to 64. Each holds its memory and a thread of the pool, which the rest of the process needs too. @default 2 */
  readonly inFlight?: number | undefined;
  /** Calls that may wait for their turn, 0 to 10000; further ones are refused, so that a flood of logins does not pile up. @default 16 */
  readonly queue?: number | undefined;
  /** @default 'node' where `node:crypto` has argon2, else '@node-rs/argon2' */
  readonly provider?: 'node' | '@node-rs/argon2' | undefined;
}

const SALT_BYTES = 16;
const TAG_BYTES = 32;

/**
 * Hashes passwords by argon2id into PHC strings that other libraries read, `$argon2id$v=19$m=19456,t=2,p=1$…$…`. Passwords are normalised
 * to NFC and never cut. A hash that is no argon2id string, or asks for more than 1 GiB or 16 passes, is answered with `ok: false`.
 *
 * `hash` and `verify` share one queue and reject with an `Error` when it is full. A wrong option, or no argon2 of the asked provider in
 * `node:crypto`, is a `TypeError`; a missing `@node-rs/argon2` is an `Error` at first use.
 *
 * @example
 * ```ts
 * import { nodePasswords } from 'ringlatch/passwords';
 *
 * const passwords = nodePasswords();
 * const hash = await passwords.hash({ password: 'correct horse battery staple' });
 * ```
 * @see RFC 9106
 */
export function nodePasswords(options: NodePasswordsOptions = {}): Required<PasswordHasher> & PasswordVerifier {
  const { provider, inFlight, queue, ...today } = settingsOf(options);
  const argon2id = argon2idBy(provider, 'nodePasswords');
  const inTurn = turnstile('nodePasswords', inFlight, queue);
  const common = commonPasswords();

  return {
    async hash({ password }) {
      const message = bytesOf(password);
      const salt = nodeCrypto.randomBytes(SALT_BYTES);
      const tag = await inTurn(() => argon2id({ ...today, message, salt, tagLength: TAG_BYTES }));
      return `$argon2id$v=19$m=${today.memoryKiB},t=${today.passes},p=${today.parallelism}$${base64(salt)}$${base64(tag)}`;
    },

    async verify({ password, hash }) {
      const message = bytesOf(password);
      const parsed = parsePhc(hash);
      if (parsed === null) return { ok: false, needsRehash: false };
      const { salt, tag, ...parameters } = parsed;
      const actual = await inTurn(() => argon2id({ ...parameters, message, salt, tagLength: tag.length }));
      const ok = nodeCrypto.timingSafeEqual(actual, tag);
      const isToday =
        parameters.memoryKiB === today.memoryKiB &&
        parameters.passes === today.passes &&
        parameters.parallelism === today.parallelism &&
        salt.length === SALT_BYTES &&
        tag.length === TAG_BYTES;
      return { ok, needsRehash: ok && !isToday };
    },

    knows: ({ hash }) => parsePhc(hash) !== null,

    isCommon: ({ password }) => common.has(password.normalize('NFC').toLowerCase()),
  };
}

interface Settings extends Parameters {
  readonly inFlight: number;
  readonly queue: number;
  readonly provider: Argon2Provider;
}

function settingsOf(options: NodePasswordsOptions): Settings {
  const { memoryKiB = 19_456, passes = 2, parallelism = 1, inFlight = 2, queue = 16, provider = defaultProvider(), ...unknown } = options;
  const stranger = Object.keys(unknown)[0];
  if (stranger !== undefined) throw misuse(stranger, 'is not an option');
  if (provider !== 'node' && provider !== '@node-rs/argon2') throw misuse('provider', "must be 'node' or '@node-rs/argon2'");
  const settings = {
    parallelism: integer('parallelism', parallelism, 1, MAX_PARALLELISM),
    memoryKiB: integer('memoryKiB', memoryKiB, 8 * parallelism, MAX_MEMORY_KIB),
    passes: integer('passes', passes, 1, MAX_PASSES),
    inFlight: integer('inFlight', inFlight, 1, 64),
    queue: integer('queue', queue, 0, 10_000),
  };
  return { ...settings, provider };
}

function integer(path: string, value: unknown, min: number, max: number): number {
  if (Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max) return value as number;
  throw misuse(path, `must be an integer from ${min} to ${max}`);
}

function misuse(path: string, problem: string): TypeError {
  return new TypeError(`nodePasswords: ${path} ${problem}`);
}

function bytesOf(password: string): Uint8Array {
  return new TextEncoder().encode(password.normalize('NFC'));
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replaceAll('=', '');
}
