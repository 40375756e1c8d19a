// Runs on Node and on Bun.
import { pbkdf2, scrypt } from 'node:crypto';
import type { ReadHash } from './verifier.ts';

const MAX_ITERATIONS = 5_000_000;
const MAX_SCRYPT_WORK = 2 ** 21;
const MAX_SCRYPT_FACTOR = 32;
// Above what these can need, which is 128·r·(N + p + 2).
const MAX_SCRYPT_BYTES = 2 ** 29;

const TAG_BYTES = { sha1: 20, sha256: 32, sha512: 64 } as const;

/** The hash functions under PBKDF2 that are read. */
export type Digest = keyof typeof TAG_BYTES;

/** PBKDF2 (RFC 8018, 5.2) with a whole tag, as texts say it; `null` above 5,000,000 iterations. */
export function readPbkdf2(digest: Digest, iterations: string, salt: string, tag: Uint8Array): ReadHash | null {
  const count = whole(iterations);
  if (count === null || count > MAX_ITERATIONS || tag.length !== TAG_BYTES[digest]) return null;
  const compute: ReadHash['compute'] = (message) =>
    new Promise((resolve, reject) => {
      pbkdf2(message, salt, count, tag.length, digest, (error, key) => (error === null ? resolve(key) : reject(error)));
    });
  return { tag, compute };
}

/** scrypt (RFC 7914) with a tag of 64 bytes, as texts say it; `null` above twice the work that OWASP asks for, and 256 MiB. */
export function readScrypt(
  { cost, blockSize, parallelism }: { readonly cost: string; readonly blockSize: string; readonly parallelism: string },
  salt: string,
  tag: Uint8Array,
): ReadHash | null {
  const [N, r, p] = [whole(cost), whole(blockSize), whole(parallelism)];
  if (N === null || r === null || p === null || tag.length !== 64) return null;
  const isPowerOfTwo = Number.isInteger(Math.log2(N)) && N > 1;
  if (!isPowerOfTwo || Math.log2(N) >= 16 * r) return null;
  if (N * r * p > MAX_SCRYPT_WORK || r > MAX_SCRYPT_FACTOR || p > MAX_SCRYPT_FACTOR) return null;
  const compute: ReadHash['compute'] = (message) =>
    new Promise((resolve, reject) => {
      scrypt(message, salt, tag.length, { N, r, p, maxmem: MAX_SCRYPT_BYTES }, (error, key) =>
        error === null ? resolve(key) : reject(error),
      );
    });
  return { tag, compute };
}

function whole(text: string): number | null {
  return /^[1-9]\d{0,6}$/.test(text) ? Number(text) : null;
}
