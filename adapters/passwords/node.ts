// Runs on Node (24.7 and later by its own argon2, before that by the optional peer `@node-rs/argon2`) and on Bun.
import * as nodeCrypto from 'node:crypto';
import type { PasswordHasher } from '../../src/ports/password-hasher.ts';
import { commonPasswords } from './common-passwords.ts';

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

/** What is written into a hash. */
interface Parameters {
  readonly memoryKiB: number;
  readonly passes: number;
  readonly parallelism: number;
}

/** Computes one argon2id tag. */
type Argon2id = (
  p: Parameters & { readonly message: Uint8Array; readonly salt: Uint8Array; readonly tagLength: number },
) => Promise<Uint8Array>;

const SALT_BYTES = 16;
const TAG_BYTES = 32;
const MAX_MEMORY_KIB = 1_048_576;
const MAX_PASSES = 16;
const MAX_PARALLELISM = 16;

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
export function nodePasswords(options: NodePasswordsOptions = {}): Required<PasswordHasher> {
  const { provider, inFlight, queue, ...today } = settingsOf(options);
  const argon2id = provider === 'node' ? nodeArgon2id() : peerArgon2id();
  const inTurn = turnstile(inFlight, queue);
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

    isCommon: ({ password }) => common.has(password.normalize('NFC').toLowerCase()),
  };
}

interface Settings extends Parameters {
  readonly inFlight: number;
  readonly queue: number;
  readonly provider: 'node' | '@node-rs/argon2';
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

function defaultProvider(): 'node' | '@node-rs/argon2' {
  return typeof nodeCrypto.argon2 === 'function' ? 'node' : '@node-rs/argon2';
}

function nodeArgon2id(): Argon2id {
  if (typeof nodeCrypto.argon2 !== 'function')
    throw misuse('provider', "'node' needs argon2 in node:crypto (Node 24.7); install @node-rs/argon2 instead");
  return ({ message, salt, memoryKiB, passes, parallelism, tagLength }) =>
    new Promise((resolve, reject) => {
      const parameters = { message, nonce: salt, memory: memoryKiB, passes, parallelism, tagLength };
      nodeCrypto.argon2('argon2id', parameters, (error, tag) => (error === null ? resolve(tag) : reject(error)));
    });
}

function peerArgon2id(): Argon2id {
  let loading: Promise<typeof import('@node-rs/argon2')> | undefined;
  return async ({ message, salt, memoryKiB, passes, parallelism, tagLength }) => {
    loading ??= import('@node-rs/argon2').catch((cause: unknown) => {
      throw new Error('nodePasswords: this runtime has no argon2 in node:crypto, so the package @node-rs/argon2 must be installed', {
        cause,
      });
    });
    const { hashRaw } = await loading;
    return hashRaw(message, { salt, memoryCost: memoryKiB, timeCost: passes, parallelism, outputLen: tagLength });
  };
}

function bytesOf(password: string): Uint8Array {
  return new TextEncoder().encode(password.normalize('NFC'));
}

const PHC = /^\$argon2id\$v=19\$m=([1-9]\d{0,6}),t=([1-9]\d?),p=([1-9]\d?)\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/;

function parsePhc(hash: string): (Parameters & { readonly salt: Uint8Array; readonly tag: Uint8Array }) | null {
  const [, memory, passes, lanes, salt = '', tag = ''] = PHC.exec(hash) ?? [];
  const parameters = { memoryKiB: Number(memory), passes: Number(passes), parallelism: Number(lanes) };
  const isSane =
    parameters.memoryKiB >= 8 * parameters.parallelism &&
    parameters.memoryKiB <= MAX_MEMORY_KIB &&
    parameters.passes <= MAX_PASSES &&
    parameters.parallelism <= MAX_PARALLELISM;
  return isSane ? { ...parameters, salt: Buffer.from(salt, 'base64'), tag: Buffer.from(tag, 'base64') } : null;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replaceAll('=', '');
}

// So many at once, so many waiting in order, and no more.
function turnstile(inFlight: number, queue: number): <Result>(work: () => Promise<Result>) => Promise<Result> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= inFlight) {
      if (waiting.length >= queue)
        throw new Error(`nodePasswords: ${running} hashes are running and ${waiting.length} waiting; try again later`);
      // Whoever leaves hands its place over, so that nobody new slips in between.
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else {
      running++;
    }
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}
