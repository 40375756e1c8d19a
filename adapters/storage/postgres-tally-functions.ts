import { expression, part } from './postgres-functions.ts';

const FOREVER: number = Number.MAX_SAFE_INTEGER;
const DAY_MS = 86_400_000;

/**
 * What a counter is, and what it costs to read one: nothing but its total, until the first of its buckets counts no more.
 *
 * A row of `slots` has its counters in the order of its `keys`. `buckets` are three numbers each: startsAt, count, countsUntil; `total` is all
 * that they count, and nothing has ended before `ends`.
 */
export const TALLY_TYPE: string = `
    create type tally as (total bigint, ends bigint, buckets bigint[]);
    create function keys_of(counters jsonb) returns text[] language sql immutable
      as $$ select array(select key from jsonb_each(counters) order by key collate "C") $$;
    create function tallies_of(counters jsonb) returns tally[] language sql immutable
      as $$ select array(
          select row(
            (select coalesce(sum((b ->> 1)::bigint), 0) from jsonb_array_elements(value) b),
            (select coalesce(min((b ->> 2)::bigint), ${FOREVER}) from jsonb_array_elements(value) b),
            array(select n::bigint from jsonb_array_elements(value) with ordinality b(b, i), jsonb_array_elements_text(b) with ordinality v(n, j) order by i, j)
          )::tally
          from jsonb_each(counters) order by key collate "C") $$;
    alter table slots add column keys text[] not null default '{}';
    update slots set keys = keys_of(counters);
    alter table slots alter column counters type tally[] using tallies_of(counters);
    alter table slots set (toast_tuple_target = 4080);
    drop function keys_of(jsonb);
    drop function tallies_of(jsonb);
    drop index challenges_of_number;
    create index challenges_of_number on challenges (phone_key, purpose);
    comment on table slots is 'One row per number, address, user …: what verbs lock first. keys and counters: one tally each';`;

/** How counters are read and changed, with the answers of `counters.ts`; `hits` and `cooldown` are what `postgres-charges.ts` makes. */
export const TALLY_FUNCTIONS: string = [
  part(
    'live_v3(t tally, now bigint) returns tally',
    `kept bigint[] := '{}'; b bigint[] := t.buckets; total bigint := 0; ends bigint := ${FOREVER};`,
    `for i in 3 .. cardinality(b) by 3 loop
          if b[i] > now then
            kept := kept || b[i - 2:i];
            total := total + b[i - 1];
            ends := least(ends, b[i]);
          end if;
        end loop;
        return row(total, ends, kept)::tally;`,
  ),
  // Epoch ms from which no more than that counts: for ever where waiting never helps.
  part(
    'room_at_v3(t tally, most bigint) returns bigint',
    '',
    `return coalesce((
          select min(until) from (
            select t.buckets[i] as until, t.total - sum(t.buckets[i - 1]) over (order by t.buckets[i] rows unbounded preceding) as left_over
            from generate_series(3, cardinality(t.buckets), 3) i) ends
          where left_over <= most), ${FOREVER});`,
  ),
  expression(
    'pause_after_v3(pauses bigint[], sends bigint) returns bigint',
    'coalesce(pauses[least(sends, cardinality(pauses))::integer], 0)',
  ),
  // refused: the place of the hit whose refusal lasts longest, so that a call at retry_at passes; 0 is the cooldown, null: there is room for all.
  part(
    `judged_v3(held slots[], keys text[], hits bigint[], first integer, last integer, cooldown bigint[], now bigint,
        out refused integer, out retry_at bigint, out totals bigint[], out resend_at bigint)`,
    `o integer := 7 * first - 7; s slots; t tally; total bigint; at bigint; place integer := 0; sends bigint; latest bigint := 0;`,
    `retry_at := now;
        totals := '{}';
        for i in first .. last loop
          if hits[o + 1] <> place then
            place := hits[o + 1];
            s := held[place];
          end if;
          t := s.counters[array_position(s.keys, keys[i])];
          if t.ends <= now then
            t := live_v3(t, now);
          end if;
          total := coalesce(t.total, 0);
          totals := totals || total;
          if total > hits[o + 3] then
            at := room_at_v3(t, hits[o + 3]);
            if at > retry_at then
              refused := i - first + 1;
              retry_at := at;
            end if;
          end if;
          o := o + 7;
        end loop;
        resend_at := now;
        if cooldown is not null then
          s := held[cooldown[1]];
          t := s.counters[array_position(s.keys, keys[cooldown[2]])];
          if t.ends <= now then
            t := live_v3(t, now);
          end if;
          sends := coalesce(t.total, 0);
          for i in 1 .. coalesce(cardinality(t.buckets), 0) by 3 loop
            latest := greatest(latest, t.buckets[i]);
          end loop;
          at := latest + pause_after_v3(cooldown[4:], sends);
          if at > retry_at then
            refused := 0;
            retry_at := at;
          end if;
          resend_at := now + pause_after_v3(cooldown[4:], sends + 1);
        end if;`,
  ),
  // The running slice is the last one, as a rule; what counts no more leaves when it is met.
  part(
    'with_bucket_v3(s slots, key text, starts bigint, amount bigint, until bigint, now bigint) returns slots',
    'q integer := array_position(s.keys, key); t tally; b bigint[]; i integer;',
    `if q is null then
          s.keys := s.keys || key;
          s.counters := s.counters || row(amount, until, array[starts, amount, until])::tally;
        else
          t := s.counters[q];
          if t.ends <= now then
            t := live_v3(t, now);
          end if;
          b := t.buckets;
          i := cardinality(b) - 2;
          while i > 0 and b[i] <> starts loop
            i := i - 3;
          end loop;
          if i > 0 then
            b[i + 1] := b[i + 1] + amount;
            b[i + 2] := greatest(b[i + 2], until);
          else
            b := b || array[starts, amount, until];
          end if;
          s.counters[q] := row(t.total + amount, least(t.ends, until), b)::tally;
        end if;
        s.sweep_at := greatest(s.sweep_at, rounded_up_v1(until));
        return s;`,
  ),
  // Of more sends than the ladder has rungs the last ones count: the last rung repeats.
  part(
    'with_rungs_v3(s slots, key text, rungs integer) returns slots',
    'q integer := array_position(s.keys, key); b bigint[] := s.counters[q].buckets;',
    `if cardinality(b) > 3 * rungs then
          b := array(
            select b[i + j] from (select i from generate_series(1, cardinality(b), 3) i order by b[i] desc limit rungs) latest, generate_series(0, 2) j
            order by b[i], i, j);
          s.counters[q] := (
            select row(sum(b[i - 1]), min(b[i]), b)::tally from generate_series(3, cardinality(b), 3) i);
        end if;
        return s;`,
  ),
  // Epoch ms at which a row may go at last, once counters were forgotten: a day late, so that the index of most rows need not change.
  part(
    'swept_after_v3(s slots) returns bigint',
    '',
    `return coalesce((
          select rounded_up_v1(max(c.buckets[i])) + ${DAY_MS}
          from unnest(s.counters) c, generate_series(3, cardinality(c.buckets), 3) i), 0);`,
  ),
  part(
    'without_v3(s slots, key text, now bigint) returns slots',
    'q integer := array_position(s.keys, key);',
    `if q is not null then
          s.keys := s.keys[:q - 1] || s.keys[q + 1:];
          s.counters := s.counters[:q - 1] || s.counters[q + 1:];
          if s.sweep_at > now + ${3 * DAY_MS} then
            s.sweep_at := least(s.sweep_at, swept_after_v3(s));
          end if;
        end if;
        return s;`,
  ),
].join('\n');
