/** Somebody who signs in, with what their device remembers. */
export interface Visitor {
  readonly phoneNumber: string;
  /** An address that no other visitor has. */
  readonly ip: string;
  /** Of the last code that was asked for, where the system gives one. */
  challengeId: string;
  /** Of the last sign-in, where the system gives one. */
  refreshToken: string;
}

const NUMBERS = 10_000_000;
// Has no factor in common with NUMBERS, so that every index has a number of its own; neighbours lie in different blocks, as people's numbers do.
const STRIDE = 6_364_137;

/** The visitor of that index, below 10,000,000. */
export function visitorOf(index: number): Visitor {
  return {
    phoneNumber: `+98912${String((index * STRIDE) % NUMBERS).padStart(7, '0')}`,
    ip: `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`,
    challengeId: '',
    refreshToken: '',
  };
}

/** So many visitors, from an index on. */
export function visitorsFrom(start: number, count: number): readonly Visitor[] {
  return Array.from({ length: count }, (_, index) => visitorOf(start + index));
}
