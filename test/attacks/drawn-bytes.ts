import { createHash } from 'node:crypto';

/** Bytes that look drawn and are the same in every run, so that a test of chance cannot fail by chance: SHA-256 of a counter. */
export function drawnBytes(name: string): (bytes: number) => Uint8Array {
  let block = 0;
  return (bytes) => {
    const blocks = Array.from({ length: Math.ceil(bytes / 32) }, () => createHash('sha256').update(`${name}/${block++}`).digest());
    return Uint8Array.from(Buffer.concat(blocks).subarray(0, bytes));
  };
}
