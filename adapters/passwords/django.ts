// Runs on Node and on Bun.
import { argon2idBy, defaultProvider, parsePhc } from './argon2id.ts';
import { readPbkdf2, readScrypt } from './derivations.ts';
import { type PasswordVerifier, type ReadHash, verifierOf } from './verifier.ts';

/**
 * Verifies the passwords of Django, for {@link chainedPasswords}: `pbkdf2_sha256$…`, `pbkdf2_sha1$…`, `scrypt$…` and `argon2$argon2id$…`. It
 * hashes none.
 *
 * Unusable passwords (`!…`), bcrypt, argon2i, MD5 and SHA-1 are not read, nor what asks for more than 5,000,000 iterations, 1 GiB of argon2 or
 * 256 MiB of scrypt: `ok` is `false` for all of them. Those users set a new password by a code.
 *
 * @example
 * ```ts
 * import { chainedPasswords, djangoPasswords, nodePasswords } from 'ringlatch/passwords';
 *
 * const passwords = chainedPasswords({ hashers: [nodePasswords(), djangoPasswords()] });
 * ```
 * @see https://docs.djangoproject.com/en/5.2/topics/auth/passwords/#how-django-stores-passwords
 */
export function djangoPasswords(): PasswordVerifier {
  const argon2id = argon2idBy(defaultProvider(), 'djangoPasswords');

  function readArgon2(hash: string): ReadHash | null {
    const parsed = parsePhc(hash);
    if (parsed === null) return null;
    const { tag, ...parameters } = parsed;
    return { tag, compute: (message) => argon2id({ ...parameters, message, tagLength: tag.length }) };
  }

  return verifierOf((hash) => {
    if (hash.startsWith('argon2$')) return readArgon2(hash.slice('argon2'.length));
    const [, digest, iterations = '', salt = '', tag = ''] = PBKDF2.exec(hash) ?? [];
    if (digest === 'sha1' || digest === 'sha256') return readPbkdf2(digest, iterations, salt, Buffer.from(tag, 'base64'));
    const [, cost = '', scryptSalt = '', blockSize = '', parallelism = '', scryptTag = ''] = SCRYPT.exec(hash) ?? [];
    return readScrypt({ cost, blockSize, parallelism }, scryptSalt, Buffer.from(scryptTag, 'base64'));
  });
}

const PBKDF2 = /^pbkdf2_(sha256|sha1)\$(\d{1,7})\$([^$]{1,128})\$([A-Za-z0-9+/]{27}=|[A-Za-z0-9+/]{43}=)$/;
const SCRYPT = /^scrypt\$(\d{1,7})\$([^$]{1,128})\$(\d{1,7})\$(\d{1,7})\$([A-Za-z0-9+/]{86}==)$/;
