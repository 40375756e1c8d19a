import { generateKeyPairSync } from 'node:crypto';
import { describe, it } from 'vitest';
import { chainedPasswords, djangoPasswords, nodePasswords, werkzeugPasswords } from '../../adapters/passwords/index.ts';
import { consoleSms } from '../../adapters/sms/console.ts';
import { inboxSms } from '../../adapters/sms/inbox.ts';
import { type JoseTokensOptions, joseTokens } from '../../adapters/tokens/jose.ts';
import { type OpenedIssuer, passwordHasherCases, smsSenderCases, tokenIssuerCases } from '../conformance/index.ts';

const pem = (type: 'ed25519' | 'ec' | 'rsa'): string => {
  const pair =
    type === 'ed25519'
      ? generateKeyPairSync(type)
      : type === 'ec'
        ? generateKeyPairSync(type, { namedCurve: 'P-256' })
        : generateKeyPairSync(type, { modulusLength: 2048 });
  return pair.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
};

const secretOf = (name: string): JoseTokensOptions => ({ secret: `${name}, a text of at least 32 bytes, out of your environment` });

describe.each<[string, readonly [JoseTokensOptions, JoseTokensOptions]]>([
  ['HS256', [secretOf('one'), secretOf('two')]],
  [
    'HS256 with wrapped refresh tokens',
    [
      { ...secretOf('one'), refreshTokens: 'jwt', refreshClaimMapping: ({ sub }) => ({ user_id: sub, token_type: 'refresh' }) },
      { ...secretOf('two'), refreshTokens: 'jwt' },
    ],
  ],
  ['EdDSA', [keysOf('ed25519', 'EdDSA'), keysOf('ed25519', 'EdDSA')]],
  ['ES256', [keysOf('ec', 'ES256'), keysOf('ec', 'ES256')]],
  ['RS256', [keysOf('rsa', 'RS256'), keysOf('rsa', 'RS256')]],
])('jose tokens under %s', (_, [ours, theirs]) => {
  const open = (): OpenedIssuer => ({ issuer: joseTokens(ours), stranger: joseTokens(theirs) });
  for (const { id, name, run } of tokenIssuerCases(open)) it(`${id} ${name}`, run);
});

describe.each(['node', '@node-rs/argon2'] as const)('argon2id passwords by %s', (provider) => {
  const open = () => nodePasswords({ provider, memoryKiB: 512, passes: 2 });
  const weaker = () => nodePasswords({ provider, memoryKiB: 256, passes: 1 });
  for (const { id, name, run } of passwordHasherCases(open, { weaker })) it(`${id} ${name}`, run);
});

describe('chained passwords', () => {
  const chain = (memoryKiB: number) => () =>
    chainedPasswords({ hashers: [nodePasswords({ memoryKiB, passes: 1 }), djangoPasswords(), werkzeugPasswords()] });
  for (const { id, name, run } of passwordHasherCases(chain(512), { weaker: chain(256) })) it(`${id} ${name}`, run);
});

describe('the inbox', () => {
  const open = () => {
    const sender = inboxSms();
    return { sender, received: () => sender.messages().length };
  };
  for (const { id, name, run } of smsSenderCases(open, { providers: ['delivers'] })) it(`${id} ${name}`, run);
});

describe('the console', () => {
  const open = () => {
    const blocks: string[] = [];
    return { sender: consoleSms({ write: (block) => blocks.push(block) }), received: () => blocks.length };
  };
  for (const { id, name, run } of smsSenderCases(open, { providers: ['delivers'] })) it(`${id} ${name}`, run);
});

function keysOf(type: 'ed25519' | 'ec' | 'rsa', algorithm: 'EdDSA' | 'ES256' | 'RS256'): JoseTokensOptions {
  return { keys: [{ privateKey: pem(type) }], algorithm };
}
