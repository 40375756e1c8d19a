import { equalBytes, type Hash, type Hmac, portableHash, portableHmac } from './core/keys.ts';
import { nodeCrypto } from './node-crypto.ts';

/** SHA-256 of some bytes, each byte of it a character. */
type TextHash = (content: Uint8Array) => string;

const BLOCK_BYTES = 64;
const HASH_BYTES = 32;
const PROBE: Uint8Array = Uint8Array.from({ length: 100 }, (_, at) => at);

/** The fastest HMAC-SHA256 that this runtime has: over Node's own hash where that is at hand and right, else the portable one. */
export function runtimeHmac(): Hmac {
  const hash = nodeHash();
  return hash === null ? portableHmac : hmacOver(hash);
}

/** The fastest SHA-256 that this runtime has, likewise. */
export function runtimeHash(): Hash {
  const hash = nodeHash();
  return hash === null ? portableHash : (content) => writeCharacters(hash(content), new Uint8Array(HASH_BYTES), 0);
}

// A runtime that only resembles Node may lack the function, or mean something else by it.
function nodeHash(): TextHash | null {
  const node = nodeCrypto();
  if (node === null) return null;
  const hash: TextHash = (content) => node.hash('sha256', content, 'latin1');
  try {
    return equalBytes(hmacOver(hash)(PROBE)(PROBE), portableHmac(PROBE)(PROBE)) ? hash : null;
  } catch {
    return null;
  }
}

/**
 * HMAC over a hash: `H(K ⊕ opad ‖ H(K ⊕ ipad ‖ content))`. By hand, because an `Hmac` object of Node costs more to make than two short hashes.
 *
 * @see RFC 2104, section 2
 */
function hmacOver(hash: TextHash): Hmac {
  // shared by all keys: a call fills them, hashes them and is done
  const [inner, outer] = [new Uint8Array(BLOCK_BYTES + 1024), new Uint8Array(BLOCK_BYTES + HASH_BYTES)];
  return (longKey) => {
    const key = longKey.length <= BLOCK_BYTES ? longKey : writeCharacters(hash(longKey), new Uint8Array(HASH_BYTES), 0);
    const [innerPad, outerPad] = [new Uint8Array(BLOCK_BYTES).fill(0x36), new Uint8Array(BLOCK_BYTES).fill(0x5c)];
    for (let at = 0; at < key.length; at++) {
      innerPad[at] = 0x36 ^ (key[at] ?? 0);
      outerPad[at] = 0x5c ^ (key[at] ?? 0);
    }
    return (content) => {
      const end = BLOCK_BYTES + content.length;
      const message = end <= inner.length ? inner : new Uint8Array(end);
      message.set(innerPad);
      message.set(content, BLOCK_BYTES);
      outer.set(outerPad);
      writeCharacters(hash(message.subarray(0, end)), outer, BLOCK_BYTES);
      return writeCharacters(hash(outer), new Uint8Array(HASH_BYTES), 0);
    };
  };
}

function writeCharacters(text: string, into: Uint8Array, at: number): Uint8Array {
  for (let i = 0; i < text.length; i++) into[at + i] = text.charCodeAt(i);
  return into;
}
