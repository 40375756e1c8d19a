import { createCipheriv, createHash } from 'node:crypto';

/** A stream of chance that is the same whenever the seed and the name are. */
export interface Chance {
  readonly bytes: (count: number) => Uint8Array;
  /** A whole number from 0 to `end - 1`, `end` at most 2^32. */
  readonly below: (end: number) => number;
}

const BLOCK = Buffer.alloc(65_536);

/** AES-256 in counter mode under the seed and the name: fit for codes, and every run draws the same ones. */
export function chanceOf(seed: number, name: string): Chance {
  const key = createHash('sha256').update(`${seed}/${name}`).digest();
  const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  let block = cipher.update(BLOCK);
  let at = 0;
  const bytes = (count: number): Uint8Array => {
    if (at + count > block.length) {
      block = cipher.update(BLOCK);
      at = 0;
    }
    at += count;
    return Uint8Array.from(block.subarray(at - count, at));
  };
  return {
    bytes,
    below: (end) => {
      const [a = 0, b = 0, c = 0, d = 0] = bytes(4);
      return Math.floor(((a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d) / 2 ** 32) * end);
    },
  };
}
