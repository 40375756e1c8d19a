import type { PostgresCall } from './postgres-database.ts';

const BATCH = 500;

/** Deletes at most `max` dead rows, in short transactions, so that sign-ins pass meanwhile; gives their number. */
export async function sweepTables(
  call: PostgresCall,
  tables: readonly string[],
  { now, max }: { readonly now: number; readonly max: number },
): Promise<number> {
  let left = max;
  for (const table of tables) {
    for (let from = 0; left > 0; ) {
      const size = Math.min(BATCH, left);
      const batch = await call<{ readonly removed: number; readonly reached: number | null }>('sweep', { table, now, from, max: size });
      left -= batch.removed;
      if (batch.removed < size || batch.reached === null) break;
      from = batch.reached;
    }
  }
  return max - left;
}
