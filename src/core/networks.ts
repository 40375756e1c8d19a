/** A part of the net that has one budget. */
export interface Network {
  /** An IPv4 address, an IPv6 prefix in CIDR, or `unknown`. */
  readonly name: string;
  /** How many times the budget of one address it has. */
  readonly factor: 1 | 8;
}

// Who gives no address shares one bucket: a limit that a missing header turns off is none.
const UNKNOWN: readonly Network[] = [{ name: 'unknown', factor: 1 }];

/**
 * The networks that pay for an address in its canonical form: IPv4 for itself; IPv6 as its /64, which is what one customer gets, and as its
 * /48, which is what one customer can get, at eight times the budget.
 */
export function networksOf(address: string | null): readonly Network[] {
  if (address === null) return UNKNOWN;
  if (!address.includes(':')) return [{ name: address, factor: 1 }];
  const groups = groupsOf(address);
  return [
    { name: `${groups.slice(0, 4).join(':')}::/64`, factor: 1 },
    { name: `${groups.slice(0, 3).join(':')}::/48`, factor: 8 },
  ];
}

function groupsOf(address: string): readonly string[] {
  const [head = '', tail] = address.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  return [...before, ...Array<string>(8 - before.length - after.length).fill('0'), ...after];
}
