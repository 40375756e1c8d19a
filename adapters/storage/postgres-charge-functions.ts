import { part, verb } from './postgres-functions.ts';

/** How verbs write down what was admitted, and the two verbs that do nothing else. */
export const CHARGE_FUNCTIONS: string = [
  // The running slice is the last one, as a rule; what counts no more leaves when a new one begins.
  part(
    'with_bucket_v1(counters jsonb, key text, bucket jsonb, now bigint) returns jsonb',
    'buckets jsonb := counters -> key; b jsonb;',
    `if buckets is null then
          return jsonb_set(counters, array[key], jsonb_build_array(bucket));
        end if;
        for i in reverse jsonb_array_length(buckets) - 1 .. 0 loop
          b := buckets -> i;
          if b -> 0 = bucket -> 0 and (b -> 2)::bigint > now then
            return jsonb_set(counters, array[key, i::text], jsonb_build_array(
              b -> 0, (b -> 1)::bigint + (bucket -> 1)::bigint, greatest((b -> 2)::bigint, (bucket -> 2)::bigint)));
          end if;
        end loop;
        return jsonb_set(counters, array[key],
          jsonb_path_query_array(buckets, 'strict $[*] ? (@[2] > $now)', jsonb_build_object('now', now)) || jsonb_build_array(bucket));`,
  ),
  // Writes the hits and the send down and answers the counts; then forgets what is to be cleared. Once accepted, nothing was wrong.
  part(
    'charge_v2(doc jsonb, held jsonb[], totals bigint[], accepted boolean, now bigint) returns jsonb',
    `hits jsonb := doc -> 'hits'; cooldown jsonb := doc -> 'cooldown'; hit jsonb; place integer; first integer; sends jsonb; rungs integer;
        counts bigint[] := '{}'; untils bigint[]; swept bigint[]; names text[];`,
    `for i in 0 .. jsonb_array_length(hits) - 1 loop
          hit := hits -> i;
          if hit -> 'bucket' -> 1 <> '0' and (not accepted or (hit -> 'always')::boolean) then
            place := hit -> 'slot';
            first := hit -> 'first';
            held[place] := with_bucket_v1(held[place], hit ->> 'key', hit -> 'bucket', now);
            untils[place] := greatest(untils[place], (hit -> 'bucket' -> 2)::bigint);
            totals[first] := totals[first] + (hit -> 'bucket' -> 1)::bigint;
          end if;
        end loop;
        for i in 1 .. jsonb_array_length(hits) loop
          counts[i] := totals[(hits -> (i - 1) -> 'first')::integer];
        end loop;
        if cooldown <> 'null' then
          place := cooldown -> 'slot';
          held[place] := with_bucket_v1(held[place], cooldown ->> 'key', cooldown -> 'bucket', now);
          untils[place] := greatest(untils[place], (cooldown -> 'bucket' -> 2)::bigint);
          sends := held[place] -> (cooldown ->> 'key');
          rungs := greatest(1, jsonb_array_length(cooldown -> 'pauses'));
          if jsonb_array_length(sends) > rungs then
            sends := (select jsonb_agg(b) from (select b from jsonb_array_elements(sends) b order by (b -> 0)::bigint desc limit rungs) latest);
            held[place] := jsonb_set(held[place], array[cooldown ->> 'key'], sends);
          end if;
        end if;
        for i in 0 .. jsonb_array_length(doc -> 'clears') - 1 loop
          hit := doc -> 'clears' -> i;
          place := hit -> 'slot';
          if accepted and held[place] ? (hit ->> 'key') then
            held[place] := held[place] - (hit ->> 'key');
            swept[place] := swept_after_v1(held[place]);
          end if;
        end loop;
        for i in 1 .. jsonb_array_length(doc -> 'slots') loop
          if untils[i] is not null or swept[i] is not null then
            names[i] := doc -> 'slots' ->> (i - 1);
          end if;
        end loop;
        if names is not null then
          update slots set counters = held[array_position(names, slot)],
            sweep_at = least(greatest(sweep_at, rounded_up_v1(untils[array_position(names, slot)])), swept[array_position(names, slot)])
            where slot = any(names);
        end if;
        return to_jsonb(counts);`,
  ),
  verb(
    'take',
    `now bigint := (doc -> 'now')::bigint;
        admitted record;`,
    `perform durable_v1();
        admitted := admit_v1(doc, '[]', now);
        if admitted.refusal is not null then
          return admitted.refusal;
        end if;
        return jsonb_build_object('is', 'taken', 'counts', charge_v2(doc, admitted.held, admitted.totals, false, now));`,
    2,
  ),
  // A counter that is not there needs no row to be forgotten in.
  verb(
    'clear',
    `wanted text[] := array(select jsonb_array_elements_text(doc -> 'slots'));
        cleared text[] := array(select jsonb_array_elements_text(doc -> 'keys'));`,
    `perform 1 from slots where slot = any(wanted) order by slot = 'system', slot collate "C" for no key update;
        update slots set counters = counters - cleared, sweep_at = least(sweep_at, swept_after_v1(counters - cleared))
          where slot = any(wanted) and counters ?| cleared;
        return null;`,
  ),
].join('\n');
