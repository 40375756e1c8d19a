/** A body that no route should stumble over. */
export interface HostileBody {
  /** Like `phone_number: null`, or `broken JSON`. */
  readonly name: string;
  /** Which field is wrong; `null` when it is the whole body. */
  readonly key: string | null;
  /** What is wrong, like `null`. */
  readonly kind: string;
  /** For `call`, with the headers. */
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string | null>>;
}

const EASTERN_DIGITS = '۰۱۲۳۴۵۶۷۸۹';

// What stands in a field instead of the right text; `undefined` takes it out.
const VALUES: Readonly<Record<string, (right: string) => unknown>> = {
  missing: () => undefined,
  blank: () => '',
  spaces: () => '   ',
  null: () => null,
  number: () => 7,
  'a number that JSON loses': () => 1e300,
  boolean: () => true,
  list: (right) => [right],
  'empty list': () => [],
  object: (right) => ({ $ne: null, toString: right }),
  '10 KB': () => '9'.repeat(10_240),
  'Unicode text': () => '١٢a👩‍👩‍👧 e\u0301\u202e',
  'Unicode digits': (right) => right.replaceAll(/\d/g, (digit) => EASTERN_DIGITS[Number(digit)] ?? ''),
  'half a character': () => '\ud800',
  'NUL character': (right) => `${right}\u0000`,
  'line break': (right) => `${right}\r\nx: y`,
  SQL: () => "' OR '1'='1",
};

const JSON_TYPE = { 'content-type': 'application/json' };

/**
 * Bodies like the right one with something wrong in every field, and bodies that are wrong as a whole. What an API means to take all the same
 * (Eastern digits in a number, a form where the original reads forms) the test leaves out by `key` and `kind`.
 */
export function hostileBodies(right: Readonly<Record<string, string>>): readonly HostileBody[] {
  const inFields = Object.entries(right).flatMap(([key, value]) =>
    Object.entries(VALUES).flatMap(([kind, spoil]) => {
      const spoilt = spoil(value);
      const body = JSON.stringify({ ...right, [key]: spoilt });
      return spoilt === value ? [] : [{ name: `${key}: ${kind}`, key, kind, body, headers: JSON_TYPE }];
    }),
  );
  const json = JSON.stringify(right);
  const wholes: readonly [string, unknown, HostileBody['headers']?][] = [
    ['no body', undefined, { 'content-type': null }],
    ['no body, though JSON', undefined],
    ['empty object', '{}'],
    ['broken JSON', json.slice(0, -1)],
    ['JSON list', `[${json}]`],
    ['empty JSON list', '[]'],
    ['JSON null', 'null'],
    ['JSON text', '"text"'],
    ['JSON number', '7'],
    ['JSON true', 'true'],
    ['deep JSON', `${'['.repeat(3000)}${']'.repeat(3000)}`],
    ['a prototype', `{"__proto__":${json}}`],
    ['no UTF-8', Uint8Array.of(0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d)],
    ['40 KB', JSON.stringify({ ...right, padding: 'x'.repeat(40_960) })],
    ['plain text', json, { 'content-type': 'text/plain' }],
    ['no content type', json, { 'content-type': null }],
    ['unreadable content type', json, { 'content-type': ';;;' }],
    ['form', new URLSearchParams(right).toString(), { 'content-type': 'application/x-www-form-urlencoded' }],
    ['unknown character set', Uint8Array.of(0xfe, 0x7b), { 'content-type': 'application/json; charset=utf-7' }],
    ['compressed, it says', 'no gzip', { 'content-type': 'application/json', 'content-encoding': 'gzip' }],
  ];
  return [...inFields, ...wholes.map(([kind, body, headers = JSON_TYPE]) => ({ name: kind, key: null, kind, body, headers }))];
}
