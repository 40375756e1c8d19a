import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressOf } from '../../src/address.ts';
import { networksOf } from '../../src/core/networks.ts';

const namesOf = (text: string | null): readonly string[] => networksOf(addressOf(text)).map(({ name }) => name);

const SPELLINGS = [
  '2001:db8:0:0:0:0:0:1',
  '2001:0db8:0000:0000:0000:0000:0000:0001',
  '2001:DB8::1',
  '2001:db8::1',
  '2001:db8::0:1',
  '2001:db8:0::0:1',
  '2001:db8::0.0.0.1',
  '2001:db8:0:0:0:0:0.0.0.1',
  ' 2001:db8::1 ',
  '[2001:db8::1]',
  '[2001:DB8:0::1]:443',
  '2001:db8::1%eth0',
];

describe('the networks of an IPv6 address', () => {
  it.each(SPELLINGS)('are one /64 and one /48, spelled %j', (text) => {
    expect(networksOf(addressOf(text))).toEqual([
      { name: '2001:db8:0:0::/64', factor: 1 },
      { name: '2001:db8:0::/48', factor: 8 },
    ]);
  });

  it.each([
    ['::', '0:0:0:0::/64', '0:0:0::/48'],
    ['::1', '0:0:0:0::/64', '0:0:0::/48'],
    ['1::', '1:0:0:0::/64', '1:0:0::/48'],
    ['1:2:3:4:5:6:7:8', '1:2:3:4::/64', '1:2:3::/48'],
    ['1::8', '1:0:0:0::/64', '1:0:0::/48'],
    ['1:2:3::6:7:8', '1:2:3:0::/64', '1:2:3::/48'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64', '2001:db8:1::/48'],
    ['::4:5:6:7:8', '0:0:0:4::/64', '0:0:0::/48'],
    ['64:ff9b::203.0.113.7', '64:ff9b:0:0::/64', '64:ff9b:0::/48'],
  ])('of %s are %s and %s', (address, of64, of48) => {
    expect(namesOf(address)).toEqual([of64, of48]);
  });

  it('are the same for all 10,000 addresses that one customer takes from a /64', () => {
    const mine = fc.sample(
      fc.array(fc.nat(65_535), { minLength: 4, maxLength: 4 }).map((groups) => groups.map((group) => group.toString(16)).join(':')),
      10_000,
    );
    const names = mine.flatMap((host) => namesOf(`2001:db8:aa:1:${host}`));
    expect(new Set(names)).toEqual(new Set(['2001:db8:aa:1::/64', '2001:db8:aa::/48']));
  });

  it('are shared by exactly those whose first 64 and 48 bits are the same', () => {
    // few groups, so that prefixes often meet
    const address = fc.array(fc.constantFrom(0, 1, 0xfff), { minLength: 8, maxLength: 8 });
    const spelled = (groups: readonly number[]): string => groups.map((group) => group.toString(16)).join(':');
    fc.assert(
      fc.property(address, address, (one, other) => {
        const [mine, theirs] = [namesOf(spelled(one)), namesOf(spelled(other))];
        for (const [index, bits] of [64, 48].entries()) {
          const isShared = spelled(one.slice(0, bits / 16)) === spelled(other.slice(0, bits / 16));
          expect(mine[index] === theirs[index]).toBe(isShared);
        }
      }),
    );
  });
});

describe('the network of an IPv4 address', () => {
  it('is itself, however it is wrapped', () => {
    for (const text of ['203.0.113.7', '203.0.113.7:4711', '::ffff:203.0.113.7', '::ffff:cb00:7107', '[::FFFF:203.0.113.7]:443']) {
      expect(networksOf(addressOf(text))).toEqual([{ name: '203.0.113.7', factor: 1 }]);
    }
  });

  it('is no other address’s', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.ipV4(), (one, other) => {
        expect(namesOf(one)[0] === namesOf(other)[0]).toBe(one === other);
      }),
    );
  });
});

describe('whoever gives no address', () => {
  it('shares one bucket, of the size of one address', () => {
    const garbage = [null, '', 'unknown', 'localhost', '1.2.3.4, 5.6.7.8', '2001:db8::/32', ':::', '999.1.1.1', '\u0000', 'x'.repeat(5000)];
    for (const text of garbage) expect(networksOf(addressOf(text))).toEqual([{ name: 'unknown', factor: 1 }]);
  });

  it('cannot invent a bucket: whatever is sent has one of an address, or that one', () => {
    const text = fc.oneof(fc.string(), fc.ipV4(), fc.ipV6(), fc.webAuthority(), fc.stringMatching(/^[0-9a-f:.[\]%/]{0,40}$/));
    fc.assert(
      fc.property(text, (some) => {
        for (const name of namesOf(some)) expect(name).toMatch(/^(unknown|\d+(\.\d+){3}|([0-9a-f]{1,4}:){3,4}:\/(48|64))$/);
      }),
      { numRuns: 1000 },
    );
  });
});
