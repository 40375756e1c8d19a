import { guessProbability } from '../../src/core/code.ts';
import { besiege } from './attacks/one-target.ts';
import type { Figure, Size } from './figure.ts';
import { each, mostPerDay } from './statistics.ts';

/** A cell of a table: what the arithmetic says, and what was measured. */
export interface Cell {
  readonly predicted: number;
  readonly measured: number;
}

/** One target, by the number of addresses and of digits. */
export interface OneTargetRow {
  readonly codeLength: number;
  readonly addresses: number;
  readonly guessesPerDay: Cell;
  readonly perDay: Cell;
  /** The owner signs in now and then, so that the row never closes. */
  readonly perMonth: Cell;
  /** The owner is away, and the row closes. */
  readonly atTheCap: Cell;
}

/** Guesses that are judged on one number in a day, whatever the number of addresses. */
const PER_DAY = 20;
const IN_A_ROW = 100;
const ADDRESSES: readonly number[] = [1, 100, 1000, 5000];

/** Plays one month of one target for each row, with and without its owner. */
export async function oneTargetTable({ seed, days }: Size): Promise<readonly OneTargetRow[]> {
  const rows: OneTargetRow[] = [];
  for (const codeLength of [6, 8]) for (const addresses of ADDRESSES) rows.push(await rowOf({ seed, days, codeLength, addresses }));
  return rows;
}

async function rowOf(row: Pick<Size, 'seed' | 'days'> & Pick<OneTargetRow, 'codeLength' | 'addresses'>): Promise<OneTargetRow> {
  const { codeLength, days } = row;
  const options = { ...row, name: `one target, ${row.addresses}`, code: { length: codeLength } };
  const there = await besiege({ ...options, ownerSignsIn: 'now and then' });
  const away = await besiege({ ...options, ownerSignsIn: 'never' });
  const chance = guessProbability(codeLength);
  const guessesPerDay = { predicted: PER_DAY, measured: mostPerDay(each(there.trace.judgedAt)) };
  return {
    codeLength,
    addresses: row.addresses,
    guessesPerDay,
    perDay: times(guessesPerDay, chance),
    perMonth: times({ predicted: PER_DAY * days, measured: there.trace.judgedAt.length }, chance),
    atTheCap: times({ predicted: IN_A_ROW, measured: away.trace.judgedAt.length }, chance),
  };
}

/** The table as figures that must agree. */
export function figuresOfOneTarget({ days }: Pick<Size, 'days'>, rows: readonly OneTargetRow[]): readonly Figure[] {
  return rows.flatMap((row) => {
    const which = `${row.codeLength} digits, ${row.addresses} addresses`;
    return [
      { ...row.guessesPerDay, what: `${which}: guesses per day`, formula: 'min(5 × 10 sends, 20)', must: 'equal' as const },
      { ...row.perMonth, what: `${which}: chance in ${days} days`, formula: `20 × ${days} × p`, must: 'be close' as const },
      { ...row.atTheCap, what: `${which}: chance at the cap`, formula: '100 × p', must: 'be close' as const },
    ];
  });
}

function times({ predicted, measured }: Cell, factor: number): Cell {
  return { predicted: predicted * factor, measured: measured * factor };
}
