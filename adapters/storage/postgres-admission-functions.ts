import { expression, part } from './postgres-functions.ts';

const FOREVER: number = Number.MAX_SAFE_INTEGER;

/**
 * Whether there is room, with the answers of `counters.ts`. `doc` is what `postgres-charges.ts` makes; `held` has the counters of each of its
 * slots: key -> [startsAt, count, countsUntil][].
 *
 * Small loops count faster than queries here: a query of a few joins costs more to start than all of its work.
 */
export const ADMISSION_FUNCTIONS: string = [
  expression(
    'pause_after_v2(cooldown jsonb, sends bigint) returns bigint',
    `coalesce((cooldown -> 'pauses' -> (least(sends, jsonb_array_length(cooldown -> 'pauses'))::integer - 1))::bigint, 0)`,
  ),
  // Epoch ms from which no more than that counts: for ever where waiting never helps.
  part(
    'room_at_v2(buckets jsonb, most bigint, now bigint) returns bigint',
    '',
    `return coalesce((
          select min(until) from (
            select (b -> 2)::bigint as until,
              sum((b -> 1)::bigint) over () - sum((b -> 1)::bigint) over (order by (b -> 2)::bigint rows unbounded preceding) as left_over
            from jsonb_array_elements(buckets) b where (b -> 2)::bigint > now) ends
          where left_over <= most), ${FOREVER});`,
  ),
  // refusal: the one that lasts longest, so that a call at its retryAt passes; null: there is room for all.
  part(
    'reckon_v2(doc jsonb, held jsonb[], now bigint, out refusal jsonb, out totals bigint[], out resend_at bigint)',
    `hits jsonb := doc -> 'hits'; cooldown jsonb := doc -> 'cooldown'; longest bigint := now; at bigint; hit jsonb; buckets jsonb;
        total bigint; most bigint; sends bigint := 0; latest bigint;`,
    `for i in 1 .. jsonb_array_length(hits) loop
          hit := hits -> (i - 1);
          buckets := held[(hit -> 'slot')::integer] -> (hit ->> 'key');
          total := totals[(hit -> 'first')::integer];
          if total is null then
            total := 0;
            for j in 0 .. coalesce(jsonb_array_length(buckets), 0) - 1 loop
              if (buckets -> j -> 2)::bigint > now then
                total := total + (buckets -> j -> 1)::bigint;
              end if;
            end loop;
          end if;
          totals[i] := total;
          most := (hit -> 'max')::bigint - (hit -> 'bucket' -> 1)::bigint;
          if total > most then
            at := room_at_v2(buckets, most, now);
            if at > longest then
              longest := at;
              refusal := jsonb_build_object('is', 'limited', 'limit', hit -> 'limit', 'retryAt', at);
            end if;
          end if;
        end loop;
        buckets := held[(cooldown -> 'slot')::integer] -> (cooldown ->> 'key');
        for i in 0 .. coalesce(jsonb_array_length(buckets), 0) - 1 loop
          if (buckets -> i -> 2)::bigint > now then
            sends := sends + (buckets -> i -> 1)::bigint;
            latest := greatest(latest, (buckets -> i -> 0)::bigint);
          end if;
        end loop;
        at := latest + pause_after_v2(cooldown, sends);
        if at > longest then
          refusal := jsonb_build_object('is', 'limited', 'limit', cooldown -> 'limit', 'retryAt', at);
        end if;
        resend_at := now + pause_after_v2(cooldown, sends + 1);`,
  ),
  // Looks before it locks: what is refused waits for nobody, nobody waits for it, and it leaves no row. Whoever passes is judged again under the
  // lock, unless nothing has changed.
  part(
    'admit_v1(doc jsonb, own jsonb, now bigint, out refusal jsonb, out totals bigint[], out resend_at bigint, out held jsonb[])',
    `seen jsonb[] := counters_of_v1(doc -> 'slots');`,
    `select * into refusal, totals, resend_at from reckon_v2(doc, seen, now);
        if refusal is not null then
          return;
        end if;
        perform lock_slots_v1(doc -> 'locked' || own, now);
        held := counters_of_v1(doc -> 'slots');
        if held <> seen then
          select * into refusal, totals, resend_at from reckon_v2(doc, held, now);
        end if;`,
  ),
].join('\n');
