import { DURABLY, part, verb } from './postgres-functions.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/**
 * How verbs come by the rows of `slots` that they charge, and let go of them.
 *
 * First all rows that are there are locked, in one order for all, with `system` last because everybody needs it; then those that are missing are
 * inserted, in the same order; after that nobody waits for anything. So whoever waits for an insert waits for one who has all his locks, and no
 * circle can come about. Under READ COMMITTED each later statement sees what the holder before has committed.
 */
export const HELD_FUNCTIONS: string = [
  `
    create function is_durable_v3() returns boolean language sql stable
      as $$ select current_setting('transaction_isolation') = 'read committed' and current_setting('synchronous_commit') <> 'off' $$;`,
  part(
    'placed_v3(seen slots[], rows slots[], names text[]) returns slots[]',
    's slots;',
    `foreach s in array rows loop
          seen[array_position(names, s.slot)] := s;
        end loop;
        return seen;`,
  ),
  // In the order of the names; null where there is no row.
  part(
    'rows_v3(names text[]) returns slots[]',
    '',
    `return array(select (select s from slots s where slot = name) from unnest(names) name);`,
  ),
  // The rows as they are under the locks of those that are wanted; null where one of them is gone. What is only looked at is read again.
  part(
    'held_v3(names text[], seen slots[], is_wanted boolean[]) returns slots[]',
    `wanted text[] := '{}'; others text[] := '{}'; rows slots[];`,
    `for i in 1 .. cardinality(names) loop
          if not coalesce(is_wanted[i], false) then
            others := others || names[i];
          elsif seen[i] is not null then
            wanted := wanted || names[i];
          end if;
        end loop;
        rows := array(
          select s from (
            select r as s from slots r where slot = any(wanted) order by slot = 'system', slot collate "C" for no key update) l);
        if cardinality(rows) < cardinality(wanted) then
          return null;
        end if;
        if others <> '{}' then
          rows := rows || array(select s from slots s where slot = any(others));
        end if;
        return placed_v3(seen, rows, names);`,
  ),
  // Kept for as long as a window of a day can count, so that its index need not change when it does.
  part(
    'new_slot_v3(name text, now bigint) returns slots',
    's slots;',
    `s.slot := name;
        s.keys := '{}';
        s.counters := '{}';
        s.sweep_at := rounded_up_v1(now + ${DAY_MS + HOUR_MS});
        return s;`,
  ),
  // Whether those without a row were new indeed.
  part(
    'written_v3(rows slots[], is_changed boolean[], is_new boolean[]) returns boolean',
    `fresh slots[]; changed slots[]; made integer := 0;`,
    `for i in 1 .. cardinality(rows) loop
          if is_new[i] then
            fresh := fresh || rows[i];
          elsif is_changed[i] then
            changed := changed || rows[i];
          end if;
        end loop;
        if fresh is not null then
          insert into slots select * from unnest(fresh) order by slot = 'system', slot collate "C" on conflict (slot) do nothing;
          get diagnostics made = row_count;
          if made < cardinality(fresh) then
            return false;
          end if;
        end if;
        if changed is not null then
          update slots s set keys = n.keys, counters = n.counters, sweep_at = n.sweep_at from unnest(changed) n where s.slot = n.slot;
        end if;
        return true;`,
  ),
  // A counter that is not there needs no row to be forgotten in.
  verb(
    'clear',
    `wanted text[] := array(select jsonb_array_elements_text(doc -> 'slots')); cleared text[] := array(select jsonb_array_elements_text(doc -> 'keys'));
        changed slots[]; r slots; name text;`,
    `${DURABLY}
        for r in
          select * from slots where slot = any(wanted) and keys && cleared order by slot = 'system', slot collate "C" for no key update
        loop
          foreach name in array cleared loop
            r := without_v3(r, name, 0);
          end loop;
          changed := changed || r;
        end loop;
        update slots s set keys = n.keys, counters = n.counters, sweep_at = n.sweep_at from unnest(changed) n where s.slot = n.slot;
        return null;`,
    2,
  ),
].join('\n');
