import { nodePasswords } from '../../adapters/passwords/node.ts';
import type { PasswordHasher } from '../../src/ports/password-hasher.ts';

/** A sound hasher of today that costs next to nothing, over which a fault is laid. */
export function hasherWith(change: (sound: PasswordHasher) => Partial<PasswordHasher> = () => ({})): PasswordHasher {
  const sound = nodePasswords({ memoryKiB: 16, passes: 1 });
  return { ...sound, ...change(sound) };
}

/** The one of yesterday. */
export function weakerHasher(): PasswordHasher {
  return nodePasswords({ memoryKiB: 8, passes: 1 });
}

const faulty =
  (change: (sound: PasswordHasher) => Partial<PasswordHasher>): (() => PasswordHasher) =>
  () =>
    hasherWith(change);
// Takes every password for another one.
const reading = (read: (password: string) => string): (() => PasswordHasher) =>
  faulty((sound) => ({
    hash: ({ password }) => sound.hash({ password: read(password) }),
    verify: ({ password, hash }) => sound.verify({ password: read(password), hash }),
  }));

/** Broken password hashers, by what is wrong with them. */
export const HOSTILE_PASSWORDS: Readonly<Record<string, () => PasswordHasher>> = {
  'accepts every password': faulty(() => ({ verify: async () => ({ ok: true, needsRehash: false }) })),
  'accepts none': faulty(() => ({ verify: async () => ({ ok: false, needsRehash: false }) })),
  'knows no case': reading((password) => password.toUpperCase()),
  'ignores spaces': reading((password) => password.replaceAll(' ', '')),
  'has no salt': faulty((sound) => {
    const hashes = new Map<string, Promise<string>>();
    return {
      hash({ password }) {
        const hash = hashes.get(password) ?? sound.hash({ password });
        hashes.set(password, hash);
        return hash;
      },
    };
  }),
  'keeps the password': faulty((sound) => ({
    hash: async ({ password }) => `${await sound.hash({ password })}$${Buffer.from(password).toString('base64').replaceAll('=', '')}`,
    verify: ({ password, hash }) => sound.verify({ password, hash: hash.split('$').slice(0, 6).join('$') }),
  })),
  'does not normalise': reading((password) => JSON.stringify([...password].map((character) => character.codePointAt(0)))),
  'takes what looks alike for one': reading((password) => password.normalize('NFKC')),
  'forgets accents': reading((password) => password.normalize('NFD').replace(/\p{M}/gu, '')),
  'cuts after 72 bytes': reading((password) => Buffer.from(password.normalize('NFC')).subarray(0, 72).toString('latin1')),
  'stops at NUL': reading((password) => password.split('\u0000')[0] ?? ''),
  'throws for what is no hash': faulty((sound) => ({
    async verify(v) {
      if (!/^\$argon2id\$[^$]+\$[^$]+\$[^$]+\$[^$]+$/.test(v.hash)) throw new Error('This is no hash.');
      return sound.verify(v);
    },
  })),
  'looks at the salt and not at the tag': faulty((sound) => {
    const hashes = new Map<string | undefined, string>();
    return {
      async hash(h) {
        const hash = await sound.hash(h);
        hashes.set(hash.split('$')[4], hash);
        return hash;
      },
      verify: ({ password, hash }) => sound.verify({ password, hash: hashes.get(hash.split('$')[4]) ?? hash }),
    };
  }),
  'never asks for a new hash': faulty((sound) => ({ verify: async (v) => ({ ...(await sound.verify(v)), needsRehash: false }) })),
  'always asks for a new hash': faulty((sound) => ({ verify: async (v) => ({ ...(await sound.verify(v)), needsRehash: true }) })),
  'hashes what came last': faulty((sound) => {
    let latest = '';
    return {
      async hash({ password }) {
        latest = password;
        await null;
        return sound.hash({ password: latest });
      },
    };
  }),
};
