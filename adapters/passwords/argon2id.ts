// Runs on Node (24.7 and later by its own argon2, before that by the optional peer `@node-rs/argon2`) and on Bun.
import * as nodeCrypto from 'node:crypto';

/** What is written into a hash. */
export interface Parameters {
  readonly memoryKiB: number;
  readonly passes: number;
  readonly parallelism: number;
}

/** Whose argon2 computes. */
export type Argon2Provider = 'node' | '@node-rs/argon2';

/** Computes one argon2id tag. */
export type Argon2id = (
  p: Parameters & { readonly message: Uint8Array; readonly salt: Uint8Array; readonly tagLength: number },
) => Promise<Uint8Array>;

export const MAX_MEMORY_KIB = 1_048_576;
export const MAX_PASSES = 16;
export const MAX_PARALLELISM = 16;

export function defaultProvider(): Argon2Provider {
  return typeof nodeCrypto.argon2 === 'function' ? 'node' : '@node-rs/argon2';
}

/** `name` is whom errors speak for. */
export function argon2idBy(provider: Argon2Provider, name: string): Argon2id {
  return provider === 'node' ? nodeArgon2id(name) : peerArgon2id(name);
}

function nodeArgon2id(name: string): Argon2id {
  if (typeof nodeCrypto.argon2 !== 'function')
    throw new TypeError(`${name}: provider 'node' needs argon2 in node:crypto (Node 24.7); install @node-rs/argon2 instead`);
  return ({ message, salt, memoryKiB, passes, parallelism, tagLength }) =>
    new Promise((resolve, reject) => {
      const parameters = { message, nonce: salt, memory: memoryKiB, passes, parallelism, tagLength };
      nodeCrypto.argon2('argon2id', parameters, (error, tag) => (error === null ? resolve(tag) : reject(error)));
    });
}

function peerArgon2id(name: string): Argon2id {
  let loading: Promise<typeof import('@node-rs/argon2')> | undefined;
  return async ({ message, salt, memoryKiB, passes, parallelism, tagLength }) => {
    loading ??= import('@node-rs/argon2').catch((cause: unknown) => {
      throw new Error(`${name}: this runtime has no argon2 in node:crypto, so the package @node-rs/argon2 must be installed`, { cause });
    });
    const { hashRaw } = await loading;
    return hashRaw(message, { salt, memoryCost: memoryKiB, timeCost: passes, parallelism, outputLen: tagLength });
  };
}

const PHC = /^\$argon2id\$v=19\$m=([1-9]\d{0,6}),t=([1-9]\d?),p=([1-9]\d?)\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/;

/** Reads a PHC string; `null` for anything else, and for one that asks for more than 1 GiB, 16 passes or 16 lanes. */
export function parsePhc(hash: string): (Parameters & { readonly salt: Uint8Array; readonly tag: Uint8Array }) | null {
  const [, memory, passes, lanes, salt = '', tag = ''] = PHC.exec(hash) ?? [];
  const parameters = { memoryKiB: Number(memory), passes: Number(passes), parallelism: Number(lanes) };
  const isSane =
    parameters.memoryKiB >= 8 * parameters.parallelism &&
    parameters.memoryKiB <= MAX_MEMORY_KIB &&
    parameters.passes <= MAX_PASSES &&
    parameters.parallelism <= MAX_PARALLELISM;
  return isSane ? { ...parameters, salt: Buffer.from(salt, 'base64'), tag: Buffer.from(tag, 'base64') } : null;
}
