// Runs on Node and on Bun.
import { type Digest, readPbkdf2, readScrypt } from './derivations.ts';
import { type PasswordVerifier, verifierOf } from './verifier.ts';

/**
 * Verifies the passwords of Werkzeug, and so of Flask, for {@link chainedPasswords}: `scrypt:N:r:p$salt$hex` and
 * `pbkdf2:sha256:iterations$salt$hex` (also `sha1` and `sha512`). It hashes none.
 *
 * Other methods are not read, nor what asks for more than 5,000,000 iterations or 256 MiB of scrypt: `ok` is `false` for them. Those users set
 * a new password by a code.
 *
 * @example
 * ```ts
 * import { chainedPasswords, nodePasswords, werkzeugPasswords } from 'ringlatch/passwords';
 *
 * const passwords = chainedPasswords({ hashers: [nodePasswords(), werkzeugPasswords()] });
 * ```
 * @see https://werkzeug.palletsprojects.com/en/stable/utils/#werkzeug.security.generate_password_hash
 */
export function werkzeugPasswords(): PasswordVerifier {
  return verifierOf((hash) => {
    const [, method = '', salt = '', hex = ''] = FORM.exec(hash) ?? [];
    const [name, ...parameters] = method.split(':');
    const tag = Buffer.from(hex, 'hex');
    const [first = '', second = '', third = ''] = parameters;
    if (name === 'scrypt' && parameters.length === 3) return readScrypt({ cost: first, blockSize: second, parallelism: third }, salt, tag);
    return name === 'pbkdf2' && parameters.length === 2 && isDigest(first) ? readPbkdf2(first, second, salt, tag) : null;
  });
}

const FORM = /^([a-z0-9:]{1,40})\$([^$]{1,128})\$((?:[0-9a-f]{2}){20,64})$/;

function isDigest(name: string): name is Digest {
  return name === 'sha1' || name === 'sha256' || name === 'sha512';
}
