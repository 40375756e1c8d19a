import { expression, part } from './postgres-functions.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** What every verb begins with. */
export const FIRST_FUNCTIONS: string = [
  // A commit that the server has not written to disk may be lost when it crashes, and a code would be redeemable again. What the other
  // settings promise concerns standbys, and is the operator's to choose.
  part(
    'durable_v1() returns void',
    '',
    `if current_setting('transaction_isolation') <> 'read committed' then
          raise exception 'ringlatch needs transactions that are READ COMMITTED, not %', upper(current_setting('transaction_isolation'))
            using errcode = 'object_not_in_prerequisite_state', hint = 'Set default_transaction_isolation for the role or the pool.';
        end if;
        if current_setting('synchronous_commit') = 'off' then
          perform set_config('synchronous_commit', 'on', true);
        end if;`,
  ),
  expression('rounded_up_v1(at bigint) returns bigint', `(at / ${HOUR_MS} + 1) * ${HOUR_MS}`),
].join('\n');

/**
 * How verbs lock, and read what they have locked.
 *
 * A verb locks the rows of all slots that it may write before it reads what it will change, in one order for all verbs, with `system` last
 * because everybody needs it. Under READ COMMITTED each later statement sees what the holder before has committed.
 */
export const SLOT_FUNCTIONS: string = [
  // An insert that does nothing on a conflict would see neither a row that is being written nor one that is being swept; this one waits, and
  // then holds it. A new row is kept for as long as a window of a day can count, so that its index need not change when it does.
  part(
    'lock_slots_v1(wanted jsonb, now bigint) returns void',
    '',
    `insert into slots (slot, counters, sweep_at)
          select slot, '{}', rounded_up_v1(now + ${DAY_MS + HOUR_MS}) from (select distinct slot from jsonb_array_elements_text(wanted) slot) w
          order by slot = 'system', slot collate "C"
          on conflict (slot) do update set counters = slots.counters where false;`,
  ),
  part(
    'counters_of_v1(wanted jsonb) returns jsonb[]',
    '',
    `return array(
          select coalesce((select counters from slots s where s.slot = w.slot), '{}') from jsonb_array_elements_text(wanted) w(slot));`,
  ),
  // Epoch ms at which a row may go at last, once counters were forgotten: a day late, so that the index of most rows need not change.
  part(
    'swept_after_v1(counters jsonb) returns bigint',
    '',
    `return coalesce((select rounded_up_v1(max(u::bigint)) + ${DAY_MS} from jsonb_path_query(counters, 'strict $.*[*][2]') u), 0);`,
  ),
].join('\n');
