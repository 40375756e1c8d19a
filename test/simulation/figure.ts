/** Something that a scenario measured, beside what the arithmetic says. */
export interface Figure {
  readonly what: string;
  /** How the prediction is reckoned. */
  readonly formula: string;
  readonly predicted: number;
  readonly measured: number;
  /** How the two must compare; `close` is within 5 %. */
  readonly must: 'equal' | 'be close' | 'not exceed' | 'reach';
}

/** A scenario: who attacks, and what came of it. */
export interface Scenario {
  readonly name: string;
  /** One sentence on what the attacker does. */
  readonly attack: string;
  readonly run: (size: Size) => Promise<readonly Figure[]>;
}

/** How large a run is. */
export interface Size {
  readonly seed: number;
  /** Addresses of the attacker. */
  readonly addresses: number;
  /** Of the scenarios that cost little. */
  readonly days: number;
  /** Of the scenarios that cost much. */
  readonly heavyDays: number;
  /** Challenges a day that the sprays of the second table get. */
  readonly sprays: readonly number[];
  /** Challenges of the spray at 4 digits, whose takeovers are counted. */
  readonly challengesAtFourDigits: number;
  /** Numbers, and as many addresses, that flood the store. */
  readonly flood: number;
  /** What the flooded store may hold. */
  readonly maxEntries: number;
}

/** What `npm run simulate` runs. */
export const FULL_SIZE: Omit<Size, 'seed'> = {
  addresses: 100_000,
  days: 30,
  heavyDays: 30,
  sprays: [1000, 10_000, 100_000],
  challengesAtFourDigits: 20_000,
  flood: 500_000,
  maxEntries: 1_000_000,
};

/** What `npm test` runs: the same attacks, those that cost much for less long. */
export const REDUCED_SIZE: Omit<Size, 'seed'> = {
  addresses: 100_000,
  days: 10,
  heavyDays: 2,
  sprays: [1000],
  challengesAtFourDigits: 4000,
  flood: 20_000,
  maxEntries: 40_000,
};

/** A whole number with its thousands told apart. */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** The seed of a run that names none. */
export const DEFAULT_SEED = 20_260_101;

const TOLERANCE = 0.05;

/** What is wrong with a figure, or `null`. */
export function faultOf(figure: Figure): string | null {
  return holds(figure)
    ? null
    : `${figure.what}: ${figure.measured} must ${figure.must} ${figure.predicted}${figure.must === 'be close' ? ' within 5 %' : ''}`;
}

function holds({ must, predicted, measured }: Figure): boolean {
  switch (must) {
    case 'equal':
      return measured === predicted;
    case 'be close':
      return Math.abs(measured - predicted) <= TOLERANCE * Math.abs(predicted);
    case 'not exceed':
      return measured <= predicted;
    case 'reach':
      return measured >= predicted;
  }
}
