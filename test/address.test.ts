import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addressOf } from '../src/address.ts';

test.each([
  ['203.0.113.7', '203.0.113.7'],
  [' 203.0.113.7 ', '203.0.113.7'],
  ['203.0.113.7:4711', '203.0.113.7'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['::FFFF:cb00:7107', '203.0.113.7'],
  ['0:0:0:0:0:ffff:203.0.113.7', '203.0.113.7'],
  ['[::ffff:203.0.113.7]:443', '203.0.113.7'],
  ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
  ['[2001:db8::1]:443', '2001:db8::1'],
  ['fe80::1%eth0', 'fe80::1'],
  ['::1', '::1'],
])('%s is %s', (text, address) => {
  expect(addressOf(text)).toBe(address);
});

test.each([
  '',
  ' ',
  'unknown',
  'localhost',
  '1.2.3',
  '1.2.3.256',
  '01.2.3.4',
  '1.2.3.4.5',
  '1.2.3.4/24',
  '127.1',
  '2130706433',
  '0x7f.1.1.1',
  '1.2.3.4, 5.6.7.8',
  ':::',
  '1::2::3',
  '2001:db8::/32',
  '[::1',
  '::1]',
  '[]',
  'g::1',
  '1:2:3:4:5:6:7:8:9',
  '::1'.padEnd(100, '0'),
  null,
  undefined,
  7 as never,
])('%j is no address', (text) => {
  expect(addressOf(text)).toBeNull();
});

test('every spelling of an address is the same bucket, and an address stays one', () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (address) => {
      const once = addressOf(address);
      expect(once).not.toBeNull();
      expect(addressOf(once)).toBe(once);
      expect(addressOf(address.toUpperCase())).toBe(once);
    }),
  );
});
