/** A body that must be refused, and nothing else happen. */
export interface BadBody {
  readonly name: string;
  readonly body: string | Uint8Array;
  readonly contentType?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly status: number;
  /** The path of the first issue. */
  readonly issue?: string;
  /** What a parser before us accepts or refuses on its own account. */
  readonly beyondParsers?: boolean;
}

const number = '+12015550100';
const megabyte = 'x'.repeat(1024 * 1024);
const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
const bytes = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const phone = (json: string): string => `{"phoneNumber":${json}}`;

/** Bodies for `POST /codes`, each of which is refused. */
export const BAD_BODIES: readonly BadBody[] = [
  ...['null', '1', '"x"', 'true', '[]', '[{"phoneNumber":"+12015550100"}]'].map(
    (body): BadBody => ({ name: `${body} instead of an object`, body, status: 400, issue: '', beyondParsers: true }),
  ),
  ...['null', '1', '1e999', '12345678901234567890', 'true', '[]', '{}', '["+12015550100"]', '{"toString":"x"}', '""'].map(
    (json): BadBody => ({ name: `a number that is ${json}`, body: phone(json), status: 400, issue: 'phoneNumber' }),
  ),
  { name: 'a key with the wrong type', body: `{"phoneNumber":"${number}","purpose":1}`, status: 400, issue: 'purpose' },
  { name: 'a purpose that is none', body: `{"phoneNumber":"${number}","purpose":"toString"}`, status: 400, issue: 'purpose' },
  { name: 'a channel that is none', body: `{"phoneNumber":"${number}","channel":"pigeon"}`, status: 400, issue: 'channel' },
  { name: 'null where a key may be absent', body: `{"phoneNumber":"${number}","locale":null}`, status: 400, issue: 'locale' },
  { name: 'an unknown key', body: `{"phoneNumber":"${number}","phonenumber":"x"}`, status: 400, issue: 'phonenumber' },
  { name: 'an empty key', body: `{"phoneNumber":"${number}","":1}`, status: 400, issue: '' },
  ...['__proto__', 'constructor', 'prototype'].map(
    (key): BadBody => ({
      name: `the key ${key}`,
      body: `{"phoneNumber":"${number}","${key}":{"purpose":"verify"}}`,
      status: 400,
      issue: key,
      beyondParsers: true,
    }),
  ),
  { name: 'a key twice', body: `{"phoneNumber":"${number}","phoneNumber":"${number}"}`, status: 400, issue: '', beyondParsers: true },
  {
    name: 'a key twice, once escaped',
    body: `{"phoneNumber":"${number}","phone\\u004eumber":"${number}"}`,
    status: 400,
    issue: '',
    beyondParsers: true,
  },
  {
    name: 'a key twice, deep inside',
    body: `{"phoneNumber":"${number}","profile":{"a":{"b":1,"b":2}}}`,
    status: 400,
    issue: '',
    beyondParsers: true,
  },
  { name: 'a lone surrogate', body: phone('"\\ud800"'), status: 400, issue: 'phoneNumber' },
  { name: 'a lone surrogate in a key', body: `{"phoneNumber":"${number}","\\udfff":1}`, status: 400 },
  { name: 'too many levels', body: `{"phoneNumber":"${number}","profile":${nested(5)}}`, status: 400, issue: 'profile.a.a.a.a' },
  { name: 'very many levels', body: nested(600), status: 400 },
  { name: 'levels without end', body: '['.repeat(4000), status: 400, beyondParsers: true },
  ...[
    '{',
    '{"phoneNumber":}',
    "{'phoneNumber':1}",
    '{"a":1,}',
    '{"a":1}{}',
    'phoneNumber=1',
    '\u0000',
    '{"a":"\n"}',
    'NaN',
    '{"a":01}',
  ].map((body): BadBody => ({ name: `broken JSON: ${JSON.stringify(body)}`, body, status: 400, issue: '', beyondParsers: true })),
  { name: 'broken UTF-8', body: bytes(`{"phoneNumber":"\xff\xfe"}`), status: 400, issue: '', beyondParsers: true },
  { name: 'UTF-16', body: bytes('\xff\xfe{\0}\0'), status: 400, issue: '', beyondParsers: true },
  { name: 'nothing', body: '', status: 400, issue: 'phoneNumber' },
  { name: 'one byte too many', body: phone(`"${'1'.repeat(4097 - 18)}"`), status: 413, issue: '' },
  { name: 'a string of one megabyte', body: phone(`"${megabyte}"`), status: 413, issue: '', beyondParsers: true },
  { name: 'ten megabytes', body: phone(`"${megabyte.repeat(10)}"`), status: 413, issue: '', beyondParsers: true },
  ...[
    null,
    'text/plain',
    'text/plain;charset=UTF-8',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/json-patch+json',
    'application/problem+json',
    'application/jsonx',
    'json',
    'x',
    'application/json, text/plain',
    'application/json; charset=utf-16',
    'application/json; charset=latin1',
  ].map(
    (contentType): BadBody => ({
      name: `the content type ${contentType}`,
      body: phone(`"${number}"`),
      contentType,
      status: 415,
      issue: '',
      beyondParsers: /charset=(?!UTF-8)/.test(contentType ?? ''),
    }),
  ),
  {
    name: 'a compressed body',
    body: bytes('\x1f\x8b\x08'),
    headers: { 'content-encoding': 'gzip' },
    status: 415,
    issue: '',
    beyondParsers: true,
  },
];
