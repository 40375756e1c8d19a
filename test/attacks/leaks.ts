import { deriveKeys, keysUnder } from '../../src/core/keys.ts';
import { readRefreshToken } from '../../src/core/session.ts';
import type { Testimony } from './witness.ts';

/** A secret that stands where it must not. */
export interface Leak {
  readonly where: string;
  readonly what: string;
}

/**
 * The secrets of a testimony that stand in some content. A code is six digits, and any number of seven digits and more would hold some of them by
 * accident (times, phone numbers): it counts where no digit touches it, as it would where somebody wrote it down as a field, a word or a JSON
 * value. In the bytes of a database a text column may touch the digits of its neighbour; hence its cells are searched too, one by one.
 */
export function leaksIn(
  where: string,
  content: string | Uint8Array,
  { codes, secrets }: Pick<Testimony, 'codes' | 'secrets'>,
): readonly Leak[] {
  const text = typeof content === 'string' ? content : Buffer.from(content).toString('latin1');
  const asWritten = (secret: string): string => (typeof content === 'string' ? secret : Buffer.from(secret).toString('latin1'));
  const leakedCodes = [...new Set(codes)].filter((code) => new RegExp(`(?<![0-9])${code}(?![0-9])`).test(text));
  const leakedSecrets = secrets.filter((secret) => spellingsOf(secret.text).some((spelling) => text.includes(asWritten(spelling))));
  return [...leakedCodes.map(() => ({ where, what: 'code' })), ...leakedSecrets.map(({ name }) => ({ where, what: name }))];
}

/** A secret, whole and in the encodings in which it could have been written down. */
function spellingsOf(text: string): readonly string[] {
  const bytes = Buffer.from(text);
  return [text, bytes.toString('base64url'), bytes.toString('hex')];
}

/** What a refresh token carries besides its name, and what a secret of the server is made of: they are secret by themselves. */
export function partsOf(secret: string, refreshToken: string): readonly string[] {
  const bytes = Uint8Array.from(Buffer.from(secret, 'hex'));
  const carried = readRefreshToken([keysUnder(bytes)], refreshToken)?.token.secret;
  return [bytes, ...Object.values(deriveKeys(bytes)), ...(carried === undefined ? [] : [carried])].flatMap((part) => {
    const buffer = Buffer.from(part);
    return [buffer.toString('hex'), buffer.toString('base64url'), buffer.toString('base64')];
  });
}
