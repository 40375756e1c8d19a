import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ChainedPasswordsOptions,
  chainedPasswords,
  djangoPasswords,
  nodePasswords,
  type PasswordVerifier,
  werkzeugPasswords,
} from '../../adapters/passwords/index.ts';
import type { PasswordHasher } from '../../src/index.ts';
import { failure, stage } from '../flows/stage.ts';

const password = 'l\u00e8tmein';
const NOT_OK = { ok: false, needsRehash: false };
const LIGHT = { memoryKiB: 64, passes: 1 };

// hashlib.pbkdf2_hmac and hashlib.scrypt of CPython 3.11 in the forms of Django 5; argon2id by the Rust implementation behind @node-rs/argon2.
const DJANGO = {
  pbkdf2_sha256: 'pbkdf2_sha256$390000$seasalt$8xBlGd3jVgvJ+92hWPxi5ww0uuAuAnKgC45eudxro7c=',
  'pbkdf2_sha256 of few iterations': 'pbkdf2_sha256$1000$seasalt2$ABPNVLVV1vRC5OnBCpgwRvsTOJaXds28OSzNig3GR2M=',
  pbkdf2_sha1: 'pbkdf2_sha1$1000$seasalt$ljleU4wBmTtz/MoG5YTwxpM0d7I=',
  scrypt: 'scrypt$16384$seasalt$8$1$Qj3+9PPyRjSJIebHnG81TMjsqtaIGxNQG/aEB/NYafTJ7tibgfYz71m0ldQESkXFRkdVCBhhY8mx7rQwite/Pw==',
  'scrypt in lanes': 'scrypt$1024$seasalt$8$5$ozpUt/qDR/QLBzi9csaWJofO252yHC+Oxl5cycNUQkna/BBjumDq5KMXPAq1Xi3sxxGWxqtAlQmEE+DSWNl+FQ==',
} as const;
const DJANGO_ARGON2 = 'argon2$argon2id$v=19$m=1024,t=2,p=8$c2Vhc2FsdHNlYXNhbHQ$Sw2ZNzL/7AKcxh/Kay7+NhiMmpLi2j2d55cYWc/13lY';

// werkzeug.security.generate_password_hash of Werkzeug 3.1.8
const WERKZEUG = {
  scrypt:
    'scrypt:32768:8:1$V7c1hfKDrdd2ic2v$b0bcba2e41c5f9feb65b519b877842b62e0ca0945ec75c3b48cf4c130f926a7f463ea6e8b855664d0b4630271904bae2ddc4352397dfa083a2bc0b92eaf86f95',
  'a light scrypt':
    'scrypt:1024:8:1$VhuohVKMySExNPGk$0a58b071e4bf4878e85b499d6d038399aa1c899839aefc702caa3fb55e5d6756e713812902f37d45812cb6fba4b009d551cb4a77f297f505796bee32eb2bdec1',
  pbkdf2: 'pbkdf2:sha256:1000000$O0binGPsM0nZRWgr$be111403b6c84c9ee124d9c7b608548b50b659e923c27be5bea063d542266b18',
  'a light pbkdf2': 'pbkdf2:sha256:1000$0Fob4xaKHcl1sEfq$f9cf9db1a8c5b5bcf10b18d8e386c6281b2520a82f20d3126cbaf6e20609933b',
  'pbkdf2 over SHA-1': 'pbkdf2:sha1:1000$nEAcG3TeeAqmE91Q$606bd7b1c46e0901c27d6f93dce65e943ce4ecdf',
  'pbkdf2 over SHA-512':
    'pbkdf2:sha512:1000$bJxFcYkCzlj7Wd7e$9984434cc401a09a0f26969d5dac2f800a1d8cab6192ce1e41d991da843c9b1d399952354ca82bb79a2d87ce0793a3c69b6d5148ee54151ee8f9dc3ca0e82b7a',
} as const;

const [lightDjango, lightWerkzeug] = [DJANGO['pbkdf2_sha256 of few iterations'], WERKZEUG['a light pbkdf2']];

describe.each<[string, PasswordVerifier, string]>([
  ...Object.entries(DJANGO).map(([name, hash]) => [`Django, ${name}`, djangoPasswords(), hash] as [string, PasswordVerifier, string]),
  ...Object.entries(WERKZEUG).map(([name, hash]) => [`Werkzeug, ${name}`, werkzeugPasswords(), hash] as [string, PasswordVerifier, string]),
])('a hash of %s', (_, verifier, hash) => {
  it('fits its password, and needs a new hash', async () => {
    expect(verifier.knows({ hash })).toBe(true);
    expect(await verifier.verify({ password, hash })).toEqual({ ok: true, needsRehash: true });
    for (const other of ['letmein', `${password} `, password.toUpperCase(), '']) {
      expect(await verifier.verify({ password: other, hash })).toEqual(NOT_OK);
    }
  });

  it('fits no other tag or salt', async () => {
    const at = hash.lastIndexOf('$') + 1;
    const otherTag = hash.slice(0, at) + (hash[at] === '0' ? '1' : '0') + hash.slice(at + 1);
    expect(await verifier.verify({ password, hash: otherTag })).toEqual(NOT_OK);
    expect(await verifier.verify({ password, hash: hash.replace(/seasalt|(?<=\$)\w{16}(?=\$)/, 'tablesalt') })).toEqual(NOT_OK);
  });
});

describe('a hash of Django, argon2', () => {
  it('fits its password, and needs a new hash', async () => {
    const verifier = djangoPasswords();
    expect(verifier.knows({ hash: DJANGO_ARGON2 })).toBe(true);
    expect(await verifier.verify({ password: 'secret', hash: DJANGO_ARGON2 })).toEqual({ ok: true, needsRehash: true });
    expect(await verifier.verify({ password: 'Secret', hash: DJANGO_ARGON2 })).toEqual(NOT_OK);
  });
});

describe('the bytes of a password', () => {
  it('are taken as they come, as those who hashed them did', async () => {
    const decomposed = password.normalize('NFD');
    expect(await djangoPasswords().verify({ password: decomposed, hash: lightDjango })).toEqual(NOT_OK);
  });
});

describe('what is not read', () => {
  const b64 = lightDjango.slice(lightDjango.lastIndexOf('$') + 1);
  const long = '9'.repeat(100_000);

  it.each([
    '',
    '!',
    '!Xc3Pq0vVbTFXmB0Y1n8dQkq0rJ5c7WlVvZfX2a1b',
    `pbkdf2_sha256$1000000000$seasalt$${b64}`,
    `pbkdf2_sha256$5000001$seasalt$${b64}`,
    `pbkdf2_sha256$${long}$seasalt$${b64}`,
    `pbkdf2_sha256$1000$${long}$${b64}`,
    `pbkdf2_sha256$1000$seasalt$${long}`,
    `pbkdf2_sha256$0$seasalt$${b64}`,
    `pbkdf2_sha256$-1$seasalt$${b64}`,
    `pbkdf2_sha256$1e3$seasalt$${b64}`,
    `pbkdf2_sha256$01000$seasalt$${b64}`,
    `pbkdf2_sha256$1000$$${b64}`,
    `pbkdf2_sha256$1000$sea$salt$${b64}`,
    'pbkdf2_sha256$1000$seasalt$',
    `pbkdf2_sha256$1000$seasalt$${b64.slice(0, -1)}`,
    `pbkdf2_sha256$1000$seasalt$${b64}\n`,
    `pbkdf2_sha1$1000$seasalt$${b64}`,
    `pbkdf2_md5$1000$seasalt$${b64}`,
    `${lightDjango}$`,
    ` ${lightDjango}`,
    DJANGO.scrypt.replace('16384', '16383'),
    DJANGO.scrypt.replace('16384', '1'),
    DJANGO.scrypt.replace('16384', '524288'),
    DJANGO.scrypt.replace('$8$1$', '$1$1$').replace('16384', '65536'),
    DJANGO.scrypt.replace('$8$1$', '$33$1$'),
    DJANGO.scrypt.replace('$8$1$', '$1$33$'),
    DJANGO.scrypt.replace('$8$1$', '$1048576$1$').replace('16384', '2'),
    DJANGO.scrypt.replace('$8$1$', '$0$1$'),
    DJANGO_ARGON2.replace('m=1024', 'm=1048577'),
    DJANGO_ARGON2.replace('t=2', 't=17'),
    DJANGO_ARGON2.replace('p=8', 'p=17'),
    DJANGO_ARGON2.replace('argon2id', 'argon2i'),
    DJANGO_ARGON2.slice('argon2'.length),
    'bcrypt_sha256$$2b$12$2ei.RHwbJu1u3oCCBbyFXOlVGcm0Xm1tLp0FJ2Wq7yQ0xk3mT6v5e',
    'md5$seasalt$3f86d0d3d465b7b458c231bf3555c0e3',
    'sha1$seasalt$cff36ea83f5706ce9aa7454e63e431fc726b2dc8',
    WERKZEUG.scrypt.replace('32768', '32767'),
    WERKZEUG.scrypt.replace('32768', '1048576'),
    WERKZEUG.scrypt.replace(':8:1', ':8'),
    WERKZEUG.scrypt.replace(':8:1', ':8:1:1'),
    WERKZEUG.scrypt.replace(':8:1', ':8:33'),
    WERKZEUG.scrypt.slice(0, -2),
    lightWerkzeug.replace('1000', '1000000000'),
    lightWerkzeug.replace('1000', '5000001'),
    lightWerkzeug.replace(':1000', ''),
    lightWerkzeug.replace('sha256', 'md5'),
    lightWerkzeug.replace('sha256', 'constructor'),
    lightWerkzeug.replace('sha256', 'sha1'),
    lightWerkzeug.toUpperCase(),
    `${lightWerkzeug}\n`,
    'sha256$salt$5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8',
    'plain$$password',
  ])('fits no password, and is not computed: %.80s', async (hash) => {
    for (const verifier of [djangoPasswords(), werkzeugPasswords()]) {
      expect(verifier.knows({ hash })).toBe(false);
      expect(await verifier.verify({ password, hash })).toEqual(NOT_OK);
    }
  });

  it('is any other text', async () => {
    const parts = fc.constantFrom('$', ':', 'pbkdf2', '_sha256', 'scrypt', 'argon2', 'sha256', '1000', '8', 'salt', b64, '0'.repeat(64));
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(parts, { maxLength: 12 }).map((list) => list.join('')),
    );
    await fc.assert(
      fc.asyncProperty(texts, async (hash) => {
        for (const verifier of [djangoPasswords(), werkzeugPasswords()]) {
          expect(await verifier.verify({ password, hash })).toEqual(NOT_OK);
        }
      }),
    );
  });

  it('cannot hash', () => {
    expect([djangoPasswords(), werkzeugPasswords()].filter((verifier) => 'hash' in verifier)).toEqual([]);
  });
});

describe('a chain', () => {
  const first = nodePasswords(LIGHT);
  const chain = chainedPasswords({ hashers: [first, djangoPasswords(), werkzeugPasswords()] });

  it('hashes by the first, and verifies by whoever knows the hash', async () => {
    const hash = await chain.hash({ password });
    expect(await first.verify({ password, hash })).toEqual({ ok: true, needsRehash: false });
    expect(await chain.verify({ password, hash })).toEqual({ ok: true, needsRehash: false });
    for (const foreign of [lightDjango, lightWerkzeug]) {
      expect(await chain.verify({ password, hash: foreign })).toEqual({ ok: true, needsRehash: true });
      expect(await chain.verify({ password: 'wrong', hash: foreign })).toEqual(NOT_OK);
    }
    expect([hash, lightDjango, lightWerkzeug, '!'].map((text) => chain.knows({ hash: text }))).toEqual([true, true, true, false]);
  });

  it('leaves the first to say when its own hash is of yesterday', async () => {
    const hash = await nodePasswords({ ...LIGHT, passes: 2 }).hash({ password });
    expect(await chain.verify({ password, hash })).toEqual({ ok: true, needsRehash: true });
  });

  it('asks for a new hash also where a later one is content', async () => {
    const content = { ...djangoPasswords(), verify: async () => ({ ok: true, needsRehash: false }) };
    const one = chainedPasswords({ hashers: [first, content] });
    expect(await one.verify({ password, hash: lightDjango })).toEqual({ ok: true, needsRehash: true });
  });

  it('asks the first that knows a hash, and no other', async () => {
    const asked: string[] = [];
    const named = (name: string, knows: boolean): PasswordVerifier => ({
      knows: () => knows,
      async verify() {
        asked.push(name);
        return NOT_OK;
      },
    });
    const one = chainedPasswords({ hashers: [first, named('a', false), named('b', true), named('c', true)] });
    expect(await one.verify({ password, hash: '!' })).toEqual(NOT_OK);
    expect(asked).toEqual(['b']);
  });

  it('pays one hash of the first for a hash that nobody knows', async () => {
    let hashed = 0;
    const counting: PasswordHasher & PasswordVerifier = {
      ...first,
      async hash(h) {
        hashed++;
        return first.hash(h);
      },
    };
    const one = chainedPasswords({ hashers: [counting, djangoPasswords()] });
    expect(await one.verify({ password, hash: '!unusable' })).toEqual(NOT_OK);
    expect(hashed).toBe(1);
    expect(await one.verify({ password, hash: lightDjango })).toMatchObject({ ok: true });
    expect(hashed).toBe(1);
  });

  it('knows common passwords as the first does', () => {
    expect([chain.isCommon?.({ password: 'password' }), chain.isCommon?.({ password: 'vermilion-otter-parade' })]).toEqual([true, false]);
    const { isCommon: _, ...plain } = first;
    expect(chainedPasswords({ hashers: [plain] })).not.toHaveProperty('isCommon');
  });

  it('is served up to 2 at work and 16 waiting, whoever verifies', async () => {
    const hashes = [lightDjango, lightWerkzeug, await chain.hash({ password }), '!'];
    const calls = Array.from({ length: 64 }, (_, index) => chain.verify({ password, hash: hashes[index % 4] ?? '' }));
    const statuses = (await Promise.allSettled(calls)).map(({ status }) => status);
    expect(statuses).toEqual(Array.from({ length: 64 }, (_, index) => (index < 18 ? 'fulfilled' : 'rejected')));
    expect(await chain.verify({ password, hash: lightDjango })).toMatchObject({ ok: true });
  });

  it.each<[string, unknown]>([
    ['hashers', {}],
    ['hashers', { hashers: [] }],
    ['hashers', { hashers: first }],
    ['hashers[0]', { hashers: [djangoPasswords()] }],
    ['hashers[0]', { hashers: [{ hash: first.hash, verify: first.verify }] }],
    ['hashers[1]', { hashers: [first, null] }],
    ['hashers[1]', { hashers: [first, { verify: first.verify }] }],
    ['inFlight', { hashers: [first], inFlight: 0 }],
    ['queue', { hashers: [first], queue: '16' }],
    ['hasher', { hashers: [first], hasher: first }],
  ])('is misused with a wrong option: %s', (path, options) => {
    expect(() => chainedPasswords(options as ChainedPasswordsOptions)).toThrow(TypeError);
    expect(() => chainedPasswords(options as ChainedPasswordsOptions)).toThrow(`chainedPasswords: ${path} `);
  });
});

describe('a user who was brought over', () => {
  it.each([lightDjango, lightWerkzeug])('is moved to a hash of today by the first login: %.20s', async (foreign) => {
    const first = nodePasswords(LIGHT);
    const s = stage({ passwords: chainedPasswords({ hashers: [first, djangoPasswords(), werkzeugPasswords()] }) });
    const { userId, phoneNumber } = await s.signUp();
    await s.storage.users.setPasswordHash({ userId, passwordHash: foreign, replaces: null });
    const login = (text: string) => s.auth.loginWithPassword({ phoneNumber, password: text, client: s.client });

    expect(await failure(login('letmein'))).toMatchObject({ code: 'invalid_credentials' });
    expect(await s.storage.users.passwordHashOf({ userId })).toBe(foreign);
    expect((await login(password)).userId).toBe(userId);
    const hash = (await s.storage.users.passwordHashOf({ userId })) ?? '';
    expect(await first.verify({ password, hash })).toEqual({ ok: true, needsRehash: false });
    expect((await login(password)).userId).toBe(userId);
    expect(await s.storage.users.passwordHashOf({ userId })).toBe(hash);
  });

  it('without a usable password signs in by none', async () => {
    const s = stage({ passwords: chainedPasswords({ hashers: [nodePasswords(LIGHT), djangoPasswords()] }) });
    const { userId, phoneNumber } = await s.signUp();
    await s.storage.users.setPasswordHash({ userId, passwordHash: '!Xc3Pq0vVbTFXmB0Y1n8dQkq0rJ5c7WlVvZfX2a1b', replaces: null });
    for (const text of ['!Xc3Pq0vVbTFXmB0Y1n8dQkq0rJ5c7WlVvZfX2a1b', '!', 'None']) {
      expect(await failure(s.auth.loginWithPassword({ phoneNumber, password: text, client: s.client }))).toMatchObject({
        code: 'invalid_credentials',
      });
    }
  });
});
