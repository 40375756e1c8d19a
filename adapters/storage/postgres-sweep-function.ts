import { verb } from './postgres-functions.ts';
import { RETENTION_MS } from './retention.ts';

interface Swept {
  readonly table: string;
  readonly key: string;
  readonly at: string;
  /** Milliseconds that a row is kept after that. */
  readonly keptMs: number;
  /** Removes what hangs on rows that are gone. */
  readonly also?: string;
}

const SWEPT: readonly Swept[] = [
  {
    table: 'challenges',
    key: 'id',
    at: 'expires_at',
    keptMs: RETENTION_MS,
    also: 'delete from deliveries where challenge_id = any(keys);',
  },
  { table: 'proofs', key: 'hash', at: 'expires_at', keptMs: 0 },
  { table: 'slots', key: 'slot', at: 'sweep_at', keptMs: 0 },
  { table: 'sessions', key: 'id', at: 'sweep_at', keptMs: 0 },
];

/**
 * Deletes a batch of dead rows of one table, oldest first, and passes by those that somebody holds. The answer says where to go on: entries of
 * deleted rows stay in the index until it is vacuumed, and the next batch must not walk over them again. Rows are found again by their place:
 * a join could be planned as a walk through the whole table.
 */
export const SWEEP_FUNCTION: string = verb(
  'sweep',
  'places tid[]; keys text[]; reached bigint;',
  `case doc ->> 'table'${SWEPT.map(branchOf).join('')}
        end case;
        return jsonb_build_object('removed', coalesce(cardinality(keys), 0), 'reached', reached);`,
);

function branchOf({ table, key, at, keptMs, also = '' }: Swept): string {
  return `
          when '${table}' then
            select array_agg(ctid), array_agg(${key}), max(${at}) into places, keys, reached from (
              select ctid, ${key}, ${at} from ${table}
              where ${at} >= (doc -> 'from')::bigint and ${at} <= (doc -> 'now')::bigint - ${keptMs}
              order by ${at} limit (doc -> 'max')::integer for update skip locked) dead;
            delete from ${table} where ctid = any(places);
            ${also}`;
}
