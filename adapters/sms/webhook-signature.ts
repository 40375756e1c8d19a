/** A hash under which providers make an HMAC. */
export type SignatureHash = 'SHA-1' | 'SHA-256' | 'SHA-512';

/** A text that somebody signed with a secret that is shared. */
export interface SignedText {
  readonly hash: SignatureHash;
  readonly secret: string;
  readonly text: string;
  readonly signature: Uint8Array<ArrayBuffer>;
}

/** Whether the signature is the HMAC of the text; compared in constant time. */
export async function isSigned({ hash, secret, text, signature }: SignedText): Promise<boolean> {
  const key = await crypto.subtle.importKey('raw', bytesOf(secret), { name: 'HMAC', hash }, false, ['verify']);
  return crypto.subtle.verify('HMAC', key, signature, bytesOf(text));
}

/** The SHA-256 of a text, in lower-case hex. */
export async function sha256Of(text: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytesOf(text)));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The bytes of base64 or base64url; `null` for what is neither. */
export function bytesOfBase64(text: string): Uint8Array<ArrayBuffer> | null {
  if (!/^[\w+/-]+={0,2}$/.test(text)) return null;
  try {
    return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}

/** The bytes of hex in either case; `null` for what is none. */
export function bytesOfHex(text: string): Uint8Array<ArrayBuffer> | null {
  if (!/^([\da-f]{2})+$/i.test(text)) return null;
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
