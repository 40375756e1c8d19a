import assert from 'node:assert/strict';
import type { PasswordHasher } from '../../src/ports/password-hasher.ts';
import type { ConformanceCase } from './case.ts';

/** How a password hasher is tried. */
export interface PasswordHasherOptions {
  /** A hasher of yesterday: the same with weaker parameters. @default the case on rehashing is left out */
  readonly weaker?: (() => PasswordHasher | Promise<PasswordHasher>) | undefined;
  /** Passwords that are hashed or verified at once in a race. @default 8 */
  readonly parallel?: number | undefined;
}

const PASSWORD = 'correct horse battery staple';

/** What every password hasher must and should do. Each case costs some hashes. */
export function passwordHasherCases(
  open: () => PasswordHasher | Promise<PasswordHasher>,
  { weaker, parallel = 8 }: PasswordHasherOptions = {},
): readonly ConformanceCase[] {
  const conformance = (id: string, name: string, body: (hasher: PasswordHasher) => Promise<void>): ConformanceCase => ({
    id,
    name,
    run: async () => body(await open()),
  });
  const isRight = async (hasher: PasswordHasher, password: string, hash: string): Promise<boolean> =>
    (await hasher.verify({ password, hash })).ok;
  const always = [
    conformance('P-HASH-01', 'MUST verify the password that it hashed, and no other', async (hasher) => {
      const hash = await hasher.hash({ password: PASSWORD });
      assert.deepEqual(await hasher.verify({ password: PASSWORD, hash }), { ok: true, needsRehash: false });
      for (const other of [
        '',
        PASSWORD.toUpperCase(),
        `${PASSWORD} `,
        ` ${PASSWORD}`,
        PASSWORD.slice(0, -1),
        PASSWORD.replaceAll(' ', ''),
      ]) {
        assert.deepEqual(await hasher.verify({ password: other, hash }), { ok: false, needsRehash: false });
      }
    }),
    conformance('P-HASH-02', 'MUST salt: no two hashes of a password are alike', async (hasher) => {
      const [one, two] = [await hasher.hash({ password: PASSWORD }), await hasher.hash({ password: PASSWORD })];
      assert.notEqual(one, two);
      assert.ok((await isRight(hasher, PASSWORD, one)) && (await isRight(hasher, PASSWORD, two)));
    }),
    conformance('P-HASH-03', 'MUST give a PHC string that a store can hold, without the password in it', async (hasher) => {
      const hash = await hasher.hash({ password: PASSWORD });
      assert.match(hash, /^\$[a-z0-9-]{1,32}(\$[^$]*)+$/);
      assert.match(hash, /^[\x21-\x7e]{16,512}$/);
      assert.ok(!hash.includes(PASSWORD) && !hash.includes(Buffer.from(PASSWORD).toString('base64').replaceAll('=', '')));
    }),
    conformance('P-HASH-04', 'MUST take the composed and the decomposed spelling of a password for one', async (hasher) => {
      const hash = await hasher.hash({ password: 'Zoë Ångström 가' });
      assert.ok(await isRight(hasher, 'Zoë Ångström 가'.normalize('NFD'), hash));
      const decomposed = await hasher.hash({ password: 'Zoë Ångström 가'.normalize('NFD') });
      assert.ok(await isRight(hasher, 'Zoë Ångström 가'.normalize('NFC'), decomposed));
    }),
    conformance('P-HASH-05', 'MUST NOT take passwords for one that only look alike', async (hasher) => {
      const hash = await hasher.hash({ password: 'ﬁve ① Zoë' });
      for (const other of ['five ① Zoë', 'ﬁve 1 Zoë', 'ﬁve ① Zoe']) assert.equal(await isRight(hasher, other, hash), false);
    }),
    conformance('P-HASH-06', 'MUST NOT cut a password of 128 characters', async (hasher) => {
      for (const character of ['x', 'é', '🙂']) {
        const long = character.repeat(127);
        const hash = await hasher.hash({ password: `${long}a` });
        assert.ok(await isRight(hasher, `${long}a`, hash));
        for (const other of [`${long}b`, long]) assert.equal(await isRight(hasher, other, hash), false);
      }
    }),
    conformance('P-HASH-07', 'MUST NOT stop at a NUL character', async (hasher) => {
      const hash = await hasher.hash({ password: 'secret\u0000one' });
      for (const other of ['secret\u0000two', 'secret']) assert.equal(await isRight(hasher, other, hash), false);
    }),
    conformance('P-VERIFY-01', 'MUST answer that it is not ok, and never throw, for what is no hash', async (hasher) => {
      const hash = await hasher.hash({ password: PASSWORD });
      const cuts = [...hash.matchAll(/\$/g)].map(({ index }) => hash.slice(0, index));
      const foreign = [
        '',
        '$',
        '$$$$',
        'x',
        'null',
        PASSWORD,
        '$argon2id$',
        '$2b$10$',
        '$scrypt$ln=17,r=8,p=1$c2FsdA$aGFzaA',
        '$1$salt$x',
        `${hash}$x`,
        ` ${hash}`,
      ];
      for (const junk of [...cuts, ...foreign, '$'.repeat(10_000)]) {
        const answer = await hasher.verify({ password: PASSWORD, hash: junk }).catch(String);
        assert.deepEqual(answer, { ok: false, needsRehash: false });
      }
    }),
    conformance('P-VERIFY-02', 'MUST refuse a hash of which the tag is another', async (hasher) => {
      const hash = await hasher.hash({ password: PASSWORD });
      const at = hash.lastIndexOf('$') + 1;
      for (const place of [at, at + 5]) {
        const altered = hash.slice(0, place) + (hash[place] === 'A' ? 'B' : 'A') + hash.slice(place + 1);
        assert.equal(await isRight(hasher, PASSWORD, altered), false);
      }
    }),
    conformance('P-RACE-01', 'MUST keep answers apart when calls race', async (hasher) => {
      const passwords = Array.from({ length: parallel }, (_, index) => `${PASSWORD} ${index}`);
      const hashes = await Promise.all(passwords.map((password) => hasher.hash({ password })));
      const answers = await Promise.all(
        passwords.map((_, index) => isRight(hasher, passwords[index % 2 === 0 ? index : index - 1] ?? '', hashes[index] ?? '')),
      );
      assert.deepEqual(
        answers,
        passwords.map((_, index) => index % 2 === 0),
      );
    }),
  ];
  if (weaker === undefined) return always;
  const rehashing = conformance(
    'P-VERIFY-03',
    'MUST say that a right password under weaker parameters needs a new hash',
    async (hasher) => {
      const hash = await (await weaker()).hash({ password: PASSWORD });
      assert.deepEqual(await hasher.verify({ password: PASSWORD, hash }), { ok: true, needsRehash: true });
      assert.deepEqual(await hasher.verify({ password: 'wrong', hash }), { ok: false, needsRehash: false });
      const fresh = await hasher.hash({ password: PASSWORD });
      assert.deepEqual(await hasher.verify({ password: PASSWORD, hash: fresh }), { ok: true, needsRehash: false });
    },
  );
  return [...always, rehashing];
}
