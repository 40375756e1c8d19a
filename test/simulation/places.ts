import type { Chance } from './chance.ts';

/** A block of mobile numbers. */
export interface Block {
  readonly country: string;
  /** E.164 up to the digits that vary. */
  readonly stem: string;
  readonly digits: number;
  /** What a provider takes for one SMS, made up in the order of magnitude of price lists. */
  readonly price: number;
}

/** A hundred million numbers in ten thousand prefixes. */
export const IRAN: Block = { country: 'IR', stem: '+9891', digits: 8, price: 0.05 };

/** One prefix: what sendsPerPrefix counts together. */
export const ONE_PREFIX: Block = { country: 'IR', stem: '+98912345', digits: 4, price: 0.05 };

/** What a pumper would choose: countries whose termination pays. */
export const DEAR_BLOCKS: readonly Block[] = [
  { country: 'UZ', stem: '+99890', digits: 7, price: 0.21 },
  { country: 'ID', stem: '+62812', digits: 8, price: 0.27 },
  { country: 'PK', stem: '+92300', digits: 7, price: 0.24 },
  { country: 'BD', stem: '+88017', digits: 8, price: 0.22 },
  { country: 'NG', stem: '+234803', digits: 7, price: 0.23 },
  { country: 'LK', stem: '+9477', digits: 7, price: 0.21 },
  { country: 'TN', stem: '+21620', digits: 6, price: 0.25 },
  { country: 'AZ', stem: '+99450', digits: 7, price: 0.26 },
  { country: 'KE', stem: '+254712', digits: 6, price: 0.12 },
  { country: 'PH', stem: '+63917', digits: 7, price: 0.13 },
];

/** Prices by country, as `limits.spend.pricePerSms` takes them; what is not named costs the dearest. */
export const PRICES: Readonly<Record<string, number>> = {
  ...Object.fromEntries([IRAN, ...DEAR_BLOCKS].map(({ country, price }) => [country, price])),
  default: 0.27,
};

/** What the provider takes for one SMS to a number. */
export function priceOf(phoneNumber: string): number {
  return [IRAN, ...DEAR_BLOCKS].find(({ stem }) => phoneNumber.startsWith(stem))?.price ?? 0.27;
}

/** A number of a block, each index its own. */
export function numberIn({ stem, digits }: Block, index: number): string {
  return stem + String(index % 10 ** digits).padStart(digits, '0');
}

/** A number of a block, by chance. */
export function someNumberIn(block: Block, chance: Chance): string {
  return numberIn(block, chance.below(10 ** block.digits));
}

/** An IPv4 address of 100.64.0.0/10, up to four million of them. */
export function addressAt(index: number): string {
  return `100.${64 + ((index >> 16) & 63)}.${(index >> 8) & 255}.${index & 255}`;
}

/** A botnet: each call gives the next one of so many addresses. */
export function botnet(size: number): () => string {
  let next = 0;
  return () => addressAt(next++ % size);
}
