import { expression, part } from './postgres-functions.ts';

// Up to this many hits are remembered one by one; more are counted in slices, so that an entry stays small whatever `max` is.
const EXACT_HITS = 32;
const SLICES = 24;
const FOREVER: number = Number.MAX_SAFE_INTEGER;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/**
 * What verbs have in common: how they lock, and how they count.
 *
 * A verb locks the rows of all its slots before it reads anything that it decides on, in one order for all verbs, with `system` last because
 * everybody needs it. Under READ COMMITTED each later statement sees what the holder before has committed.
 *
 * Small loops count faster than queries here: a query of a few joins costs more to start than all of its work.
 */
export const SLOT_FUNCTIONS: string = [
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
  expression(
    'pause_after_v1(cooldown jsonb, sends integer) returns bigint',
    `coalesce(ceil((cooldown -> 'ladderSeconds' -> (least(sends, jsonb_array_length(cooldown -> 'ladderSeconds')) - 1))::numeric * 1000), 0)::bigint`,
  ),
  // Gives the counters by slot. An insert that does nothing on a conflict would see neither a row that is being written nor one that is being
  // swept; this one waits, and then holds it.
  part(
    'lock_slots_v1(wanted jsonb, now bigint) returns jsonb',
    '',
    `insert into slots (slot, counters, sweep_at)
          select slot, '{}', rounded_up_v1(now + ${DAY_MS}) from (select distinct slot from jsonb_array_elements_text(wanted) slot) w
          order by slot = 'system', slot collate "C"
          on conflict (slot) do update set counters = slots.counters where false;
        return (
          select jsonb_object_agg(slot, counters) from slots where slot = any(array(select jsonb_array_elements_text(wanted))));`,
  ),
  // Epoch ms from which a counter has room: 0 where it has, for ever where waiting never helps.
  part(
    'room_at_v1(buckets jsonb, room bigint, now bigint) returns bigint',
    'total bigint := 0;',
    `for i in 0 .. coalesce(jsonb_array_length(buckets), 0) - 1 loop
          if (buckets -> i -> 2)::bigint > now then
            total := total + (buckets -> i -> 1)::bigint;
          end if;
        end loop;
        if total < room then
          return 0;
        end if;
        return coalesce((
          select min(until) from (
            select (b -> 2)::bigint as until, sum((b -> 1)::bigint) over (order by (b -> 2)::bigint rows unbounded preceding) as ended
            from jsonb_array_elements(buckets) b where (b -> 2)::bigint > now) e
          where total - ended < room), ${FOREVER});`,
  ),
  // refusal: the one that lasts longest, so that a call at its retryAt passes; null: there is room for all.
  part(
    'reckon_v1(hits jsonb, cooldown jsonb, held jsonb, now bigint, out refusal jsonb, out resend_at bigint)',
    'longest bigint := now; at bigint; hit jsonb; sends jsonb; total integer := 0; latest bigint;',
    `for i in 0 .. jsonb_array_length(hits) - 1 loop
          hit := hits -> i;
          at := room_at_v1(held -> (hit ->> 'slot') -> (hit ->> 'key'), (hit -> 'max')::bigint, now);
          if at > longest then
            longest := at;
            refusal := jsonb_build_object('is', 'limited', 'limit', hit -> 'limit', 'retryAt', at);
          end if;
        end loop;
        sends := held -> (cooldown ->> 'slot') -> (cooldown ->> 'key');
        for i in 0 .. coalesce(jsonb_array_length(sends), 0) - 1 loop
          if (sends -> i -> 2)::bigint > now then
            total := total + (sends -> i -> 1)::integer;
            latest := greatest(latest, (sends -> i -> 0)::bigint);
          end if;
        end loop;
        at := latest + pause_after_v1(cooldown, total);
        if at > longest then
          refusal := jsonb_build_object('is', 'limited', 'limit', 'resendAfterSeconds', 'retryAt', at);
        end if;
        resend_at := now + pause_after_v1(cooldown, total + 1);`,
  ),
  // The running slice is the last one, as a rule; what counts no more leaves when a new one begins.
  part(
    'with_one_more_v1(buckets jsonb, starts_at bigint, until bigint, now bigint) returns jsonb',
    'b jsonb;',
    `for i in reverse coalesce(jsonb_array_length(buckets), 0) - 1 .. 0 loop
          b := buckets -> i;
          if (b -> 0)::bigint = starts_at and (b -> 2)::bigint > now then
            return jsonb_set(buckets, array[i::text], jsonb_build_array(starts_at, (b -> 1)::bigint + 1, greatest(until, (b -> 2)::bigint)));
          end if;
        end loop;
        return coalesce(jsonb_path_query_array(buckets, 'strict $[*] ? (@[2] > $now)', jsonb_build_object('now', now)), '[]')
          || jsonb_build_array(jsonb_build_array(starts_at, 1, until));`,
  ),
  // Writes the hits and the send down, and forgets what is to be cleared.
  part(
    'charge_v1(hits jsonb, cooldown jsonb, clears jsonb, held jsonb, now bigint) returns void',
    `hit jsonb; path text[]; span bigint; slice bigint; starts_at bigint; sends jsonb; rungs integer;
        before jsonb := held; one text; kept jsonb; cleared text[] := '{}';`,
    `for i in 0 .. jsonb_array_length(hits) - 1 loop
          hit := hits -> i;
          path := array[hit ->> 'slot', hit ->> 'key'];
          if hit -> 'windowSeconds' = 'null' then
            held := jsonb_set(held, path, with_one_more_v1(held #> path, 0, ${FOREVER}, now));
          else
            span := ceil((hit -> 'windowSeconds')::numeric * 1000);
            slice := case when (hit -> 'max')::bigint <= ${EXACT_HITS} then 1 else (span + ${SLICES - 1}) / ${SLICES} end;
            starts_at := now / slice * slice;
            held := jsonb_set(held, path, with_one_more_v1(held #> path, starts_at, starts_at + slice - 1 + span, now));
          end if;
        end loop;
        if cooldown <> 'null' then
          path := array[cooldown ->> 'slot', cooldown ->> 'key'];
          sends := with_one_more_v1(held #> path, now, now + ceil((cooldown -> 'windowSeconds')::numeric * 1000)::bigint, now);
          rungs := greatest(1, jsonb_array_length(cooldown -> 'ladderSeconds'));
          if jsonb_array_length(sends) > rungs then
            sends := (select jsonb_agg(b) from (select b from jsonb_array_elements(sends) b order by (b -> 0)::bigint desc limit rungs) latest);
          end if;
          held := jsonb_set(held, path, sends);
        end if;
        if clears <> '[]' then
          cleared := array(select jsonb_array_elements_text(clears));
        end if;
        for one in select jsonb_object_keys(held) loop
          kept := (held -> one) - cleared;
          if kept <> before -> one then
            update slots
              set counters = kept, sweep_at = rounded_up_v1(coalesce((select max(u::bigint) from jsonb_path_query(kept, 'strict $.*[*][2]') u), now + ${DAY_MS}))
              where slot = one;
          end if;
        end loop;`,
  ),
].join('\n');
