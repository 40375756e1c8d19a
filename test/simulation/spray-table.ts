import { guessProbability } from '../../src/core/code.ts';
import { sprayOneDay } from './attacks/spray.ts';
import type { Figure, Size } from './figure.ts';
import type { Cell } from './one-target-table.ts';
import { mostPerDay, smsOf } from './statistics.ts';

/** Any target, by the challenges that strangers get in a day and by digits. */
export interface SprayRow {
  readonly challenges: number;
  readonly codeLength: number;
  readonly issued: Cell;
  readonly takeovers: Cell;
}

const TRIES = 5;

/** Plays a day of spray. */
export async function sprayRow(
  { seed, addresses }: Pick<Size, 'seed' | 'addresses'>,
  { challenges, codeLength }: Pick<SprayRow, 'challenges' | 'codeLength'>,
): Promise<SprayRow> {
  const { world, expected } = await sprayOneDay({ seed, name: `spray of ${challenges}`, addresses, challenges, codeLength });
  return {
    challenges,
    codeLength,
    issued: { predicted: challenges, measured: mostPerDay(smsOf(world.sends)) },
    takeovers: { predicted: expectedOf(challenges, codeLength), measured: expected },
  };
}

/** The row as figures that must agree. */
export function figuresOfSpray({ issued, takeovers }: SprayRow): readonly Figure[] {
  return [
    { ...issued, what: 'SMS of strangers in a day', formula: '0.8 × smsPerDay', must: 'equal' },
    { ...takeovers, what: 'expected takeovers in a day', formula: 'challenges × 5 × p', must: 'be close' },
  ];
}

/** Expected takeovers of a day: challenges × tries × the chance of one guess. */
export function expectedOf(challenges: number, codeLength: number): number {
  return challenges * TRIES * guessProbability(codeLength);
}
