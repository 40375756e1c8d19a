import { expect, test } from 'vitest';
import { targetOf } from '../../adapters/http/fetch-message.ts';
import { matcherOf } from '../../src/http/paths.ts';
import { routesOf } from '../../src/http/routes.ts';
import { createTestAuth } from '../kit/index.ts';

const find = matcherOf(routesOf(createTestAuth().auth));

test.each([
  ['DELETE', '/sessions/abc', { id: 'abc' }],
  ['DELETE', '/sessions/a%20b', { id: 'a b' }],
  ['DELETE', '/sessions/%ff', { id: '%ff' }],
  ['DELETE', '/sessions/:id', { id: ':id' }],
  ['DELETE', '/sessions', {}],
  ['POST', '/codes/validate', {}],
  ['GET', '/.well-known/jwks.json', {}],
])('%s %s is one of ours', (method, path, params) => {
  expect(find(method, path)?.params).toEqual(params);
});

test.each(['/sessions/', '/sessions/a/b', '/codes/', '/CODES', '/xwell-known/jwks.json', '/constructor', ''])(
  '%j is none of ours',
  (path) => {
    expect(find('POST', path)).toBeNull();
  },
);

test.each([
  'http://a.example/auth/codes',
  'https://user:secret@a.example:8443/auth/delivery/x?signature=1?2&path=/a',
  'http://[::1]:3000/auth/codes?',
  'http://a.example/auth/codes#fragment?no=query',
  'http://a.example/auth/codes?q=1#fragment',
  'http://a.example/auth/%2e%2e/codes',
  'http://a.example',
])('the target of %s is what a URL says', (text) => {
  const { pathname, search } = new URL(text);
  expect(targetOf(new Request(text.replace('user:secret@', '')))).toEqual({ pathname, search });
});
