import * as nodeCrypto from 'node:crypto';
import * as peer from '@node-rs/argon2';
import { describe, expect, it } from 'vitest';
import { commonPasswords } from '../../adapters/passwords/common-passwords.ts';
import { type NodePasswordsOptions, nodePasswords } from '../../adapters/passwords/node.ts';

const PROVIDERS = ['node', '@node-rs/argon2'] as const;
// Small enough for tests; the defaults are looked at where they matter.
const LIGHT = { memoryKiB: 64, passes: 1 };
const password = 'correct horse battery staple';

describe.each(PROVIDERS)('a hash by %s', (provider) => {
  const passwords = nodePasswords({ provider });

  it('is a PHC string of argon2id with the parameters of OWASP, another one each time', async () => {
    const [first, second] = await Promise.all([passwords.hash({ password }), passwords.hash({ password })]);
    expect(first).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(second).not.toBe(first);
  });

  it('fits its password and no other', async () => {
    const hash = await passwords.hash({ password });
    expect(await passwords.verify({ password, hash })).toEqual({ ok: true, needsRehash: false });
    for (const other of [`${password} `, password.slice(0, -1), password.toUpperCase(), '']) {
      expect(await passwords.verify({ password: other, hash })).toEqual({ ok: false, needsRehash: false });
    }
  });

  it.each(PROVIDERS)('is verified by %s', async (other) => {
    const hash = await passwords.hash({ password });
    expect(await nodePasswords({ provider: other }).verify({ password, hash })).toEqual({ ok: true, needsRehash: false });
  });

  it('is one that the peer package reads as its own, and the other way round', async () => {
    expect(await peer.verify(await passwords.hash({ password }), password)).toBe(true);
    const foreign = await peer.hash(password, { memoryCost: 19_456, timeCost: 2, parallelism: 1 });
    expect(await passwords.verify({ password, hash: foreign })).toEqual({ ok: true, needsRehash: false });
  });

  it('is the one that the reference implementation computes', async () => {
    // echo -n password | argon2 somesalt -id -t 2 -m 16 -p 1 -l 32
    const reference = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
    expect(await passwords.verify({ password: 'password', hash: reference })).toEqual({ ok: true, needsRehash: true });
    expect(await passwords.verify({ password: 'Password', hash: reference })).toEqual({ ok: false, needsRehash: false });
  });

  it('normalises to NFC once and cuts nothing', async () => {
    const light = nodePasswords({ provider, ...LIGHT });
    const hash = await light.hash({ password: 'Ame\u0301lie-\u1e9b\u0323' });
    expect(await light.verify({ password: 'Am\u00e9lie-\u1e9b\u0323', hash })).toMatchObject({ ok: true });
    expect(await light.verify({ password: 'Am\u00e9lie-\u1e69', hash })).toMatchObject({ ok: false });
    const stem = 'x'.repeat(127);
    const long = await light.hash({ password: `${stem}a` });
    expect(await light.verify({ password: `${stem}a`, hash: long })).toMatchObject({ ok: true });
    expect(await light.verify({ password: `${stem}b`, hash: long })).toMatchObject({ ok: false });
    const withNul = await light.hash({ password: 'nul\u0000then' });
    expect(await light.verify({ password: 'nul\u0000else', hash: withNul })).toMatchObject({ ok: false });
  });
});

describe('a hash that was made under other parameters', () => {
  const today = nodePasswords(LIGHT);

  it.each<[string, NodePasswordsOptions]>([
    ['memory', { ...LIGHT, memoryKiB: 32 }],
    ['passes', { ...LIGHT, passes: 2 }],
    ['lanes', { ...LIGHT, parallelism: 2 }],
  ])('is right and needs a new one: %s', async (_, then) => {
    const hash = await nodePasswords(then).hash({ password });
    expect(await today.verify({ password, hash })).toEqual({ ok: true, needsRehash: true });
    expect(await today.verify({ password: 'wrong', hash })).toEqual({ ok: false, needsRehash: false });
  });

  it('is also one with a shorter salt or tag', async () => {
    for (const lengths of [
      { salt: Buffer.alloc(8, 1), outputLen: 32 },
      { salt: Buffer.alloc(16, 1), outputLen: 16 },
    ]) {
      const hash = await peer.hash(password, { memoryCost: 64, timeCost: 1, parallelism: 1, ...lengths });
      expect(await today.verify({ password, hash })).toEqual({ ok: true, needsRehash: true });
    }
  });
});

describe('what is no hash of ours', () => {
  const salt = 'c29tZXNhbHRzb21lc2FsdA';
  const tag = 'A'.repeat(43);

  it.each([
    '',
    password,
    '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy',
    `$argon2i$v=19$m=19456,t=2,p=1$${salt}$${tag}`,
    `$argon2id$v=16$m=19456,t=2,p=1$${salt}$${tag}`,
    `$argon2id$m=19456,t=2,p=1$${salt}$${tag}`,
    `$argon2id$v=19$m=1048577,t=2,p=1$${salt}$${tag}`,
    `$argon2id$v=19$m=4294967295,t=2,p=1$${salt}$${tag}`,
    `$argon2id$v=19$m=19456,t=17,p=1$${salt}$${tag}`,
    `$argon2id$v=19$m=19456,t=0,p=1$${salt}$${tag}`,
    `$argon2id$v=19$m=19456,t=2,p=17$${salt}$${tag}`,
    `$argon2id$v=19$m=7,t=2,p=1$${salt}$${tag}`,
    `$argon2id$v=19$m=-1,t=2,p=1$${salt}$${tag}`,
    `$argon2id$v=19$t=2,m=19456,p=1$${salt}$${tag}`,
    `$argon2id$v=19$m=19456,t=2,p=1$${salt}$`,
    `$argon2id$v=19$m=19456,t=2,p=1$$${tag}`,
    `$argon2id$v=19$m=19456,t=2,p=1$${salt}$${tag}=`,
    `$argon2id$v=19$m=19456,t=2,p=1$${salt}$${tag}\n`,
    `$argon2id$v=19$m=19456,t=2,p=1$${salt}$${'A'.repeat(1000)}`,
  ])('fits no password: %s', async (hash) => {
    expect(await nodePasswords().verify({ password, hash })).toEqual({ ok: false, needsRehash: false });
  });
});

describe('a hash that asks for too much', () => {
  it('fits not even its own password', async () => {
    const passwords = nodePasswords(LIGHT);
    const accepted = await peer.hash(password, { memoryCost: 64, timeCost: 16, parallelism: 1 });
    const refused = await peer.hash(password, { memoryCost: 64, timeCost: 17, parallelism: 1 });
    expect(await passwords.verify({ password, hash: accepted })).toMatchObject({ ok: true });
    expect(await passwords.verify({ password, hash: refused })).toMatchObject({ ok: false });
  });

  it('takes no place at work, so that 64 of them are answered', async () => {
    const passwords = nodePasswords(LIGHT);
    const hash = `$argon2id$v=19$m=1048577,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$${'A'.repeat(43)}`;
    const answers = await Promise.all(Array.from({ length: 64 }, () => passwords.verify({ password, hash })));
    expect(answers).toEqual(answers.map(() => ({ ok: false, needsRehash: false })));
  });
});

describe('a flood', () => {
  const outcomesOf = (calls: readonly Promise<unknown>[]) =>
    Promise.allSettled(calls).then((settled) => settled.map(({ status }) => status));

  it('of 64 calls is served up to 2 at work and 16 waiting; verifications count too', async () => {
    const passwords = nodePasswords(LIGHT);
    const hash = await passwords.hash({ password });
    const outcomes = await outcomesOf(
      Array.from({ length: 64 }, (_, index) => (index % 2 === 0 ? passwords.hash({ password }) : passwords.verify({ password, hash }))),
    );
    expect(outcomes).toEqual(Array.from({ length: 64 }, (_, index) => (index < 18 ? 'fulfilled' : 'rejected')));
    expect(await passwords.verify({ password, hash })).toMatchObject({ ok: true });
  });

  it('leaves no place behind when a call fails', async () => {
    const passwords = nodePasswords({ ...LIGHT, inFlight: 1, queue: 1 });
    const broken = { password: 1 as unknown as string };
    for (let round = 0; round < 5; round++) await expect(passwords.hash(broken)).rejects.toThrow(TypeError);
    expect(await outcomesOf([passwords.hash({ password }), passwords.hash({ password }), passwords.hash({ password })])).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
    ]);
    expect(await outcomesOf([passwords.hash({ password }), passwords.hash({ password })])).toEqual(['fulfilled', 'fulfilled']);
  });

  it('hands a place over to who waited, not to who comes by', async () => {
    const passwords = nodePasswords({ inFlight: 1, queue: 1 });
    const [first, second] = [passwords.hash({ password }), passwords.hash({ password })];
    await first;
    expect(await outcomesOf([second, passwords.hash({ password }), passwords.hash({ password })])).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
    ]);
  });

  it('is served in order', async () => {
    const passwords = nodePasswords({ memoryKiB: 4096, passes: 2, inFlight: 1, queue: 8 });
    const finished: number[] = [];
    await Promise.all(Array.from({ length: 9 }, (_, index) => passwords.hash({ password }).then(() => finished.push(index))));
    expect(finished).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });
});

describe('options', () => {
  it.each<[string, unknown]>([
    ['memoryKib', { memoryKib: 19_456 }],
    ['memoryKiB', { memoryKiB: 7 }],
    ['memoryKiB', { memoryKiB: 15, parallelism: 2 }],
    ['memoryKiB', { memoryKiB: 1_048_577 }],
    ['memoryKiB', { memoryKiB: '19456' }],
    ['passes', { passes: 0 }],
    ['passes', { passes: 1.5 }],
    ['parallelism', { parallelism: 0 }],
    ['parallelism', { parallelism: Number.NaN }],
    ['inFlight', { inFlight: 0 }],
    ['queue', { queue: -1 }],
    ['queue', { queue: Number.POSITIVE_INFINITY }],
    ['provider', { provider: 'bcrypt' }],
    ['provider', { provider: null }],
  ])('that are wrong are a TypeError that names %s', (path, options) => {
    expect(() => nodePasswords(options as NodePasswordsOptions)).toThrow(TypeError);
    expect(() => nodePasswords(options as NodePasswordsOptions)).toThrow(`nodePasswords: ${path} `);
  });

  it('take node:crypto where it has argon2', () => {
    expect(typeof nodeCrypto.argon2).toBe('function');
    expect(() => nodePasswords({ provider: 'node' })).not.toThrow();
  });
});

describe('common passwords', () => {
  const { isCommon } = nodePasswords();

  it.each([
    'password',
    'Password',
    'PASSWORD1',
    'Password123!',
    'P@ssw0rd',
    'p@ssw0rd123',
    '12345678',
    '123456789',
    '1234567890',
    '11111111',
    'aaaaaaaa',
    'qwerty123',
    'Qwertyuiop',
    '1q2w3e4r',
    '1qaz2wsx',
    'qwertz123',
    'azertyuiop',
    'iloveyou',
    'sunshine',
    'princess1',
    'football',
    'Welcome1',
    'Welcome@123',
    'letmein123',
    'admin123',
    'Summer2025!',
    'winter2026',
    'changeme',
    'trustno1',
    'abcd1234',
    'contrase\u00f1a',
    'contrasen\u0303a',
    'correcthorsebatterystaple',
  ])('include %s', (text) => {
    expect(isCommon({ password: text })).toBe(true);
  });

  it.each(['correct horse battery staple', 'kx7-Vell?mup', 'vermilion-otter-parade', 'password of my grandmother', ' password', ''])(
    'do not include "%s"',
    (text) => {
      expect(isCommon({ password: text })).toBe(false);
    },
  );

  it('are thousands, lower case, NFC, at least 8 characters', () => {
    const list = [...commonPasswords()];
    expect(list.length).toBeGreaterThan(3000);
    expect(list.filter((word) => word.length < 8 || word !== word.normalize('NFC').toLowerCase() || /\s/.test(word))).toEqual([]);
  });
});
