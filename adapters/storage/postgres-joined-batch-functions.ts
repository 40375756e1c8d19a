import { functionOf } from './postgres-functions.ts';
import { letGo } from './postgres-run-functions.ts';
import { dollarQuoted } from './postgres-text.ts';

/** The joined verbs that may share a trip, and which part of what they take charges counters. */
export const CHARGED_PARTS: Readonly<Record<string, string>> = { sign_in: 'redeem', issue_joined: 'issue' };

/**
 * Several joined verbs as one step, in their order, of each number one: the slots of all are locked before the first of them runs. They run in
 * the search path of the session, as each does alone.
 */
export function joinedBatchFunctions(schema: string): string {
  const branches = Object.keys(CHARGED_PARTS)
    .map(
      (verb) => `
            when '${verb}' then answer := ${schema}.${functionOf(verb)}(ours -> k, theirs -> k);`,
    )
    .join('');
  return `
    create function locked_v3(names text[], now bigint) returns text[] language plpgsql volatile
      set search_path from current set enable_seqscan = off set plan_cache_mode = force_generic_plan
      as ${dollarQuoted(`
      declare
        wanted boolean[] := array_fill(true, array[cardinality(names)]);
        held slots[] := held_v3(names, rows_v3(names), wanted); fresh slots[]; made text[] := '{}';
      begin
        if held is null then
          return null;
        end if;
        for i in 1 .. cardinality(names) loop
          if held[i] is null then
            fresh := fresh || new_slot_v3(names[i], now);
            made := made || names[i];
          end if;
        end loop;
        return case when fresh is null or made_v3(fresh) then made end;
      end`)};
    create procedure commit_joined_v3(verb text, part text, ours jsonb, theirs jsonb, inout our_answers text, inout their_answers text)
      language plpgsql as ${dollarQuoted(`
      declare
        answer jsonb; ours_of jsonb := '[]'; theirs_of jsonb := '[]'; names text[]; made text[]; waits text; tells boolean;
        now bigint := (ours #> array['0', part, 'now'])::bigint;
      begin
        names := array(
          select distinct name from jsonb_array_elements(ours) o(doc),
            unnest((doc -> part ->> 'slots')::text[] || left(doc -> part ->> 'id', 16)) name);
        loop
          perform ${schema}.durable_v1();
          made := case when jsonb_array_length(ours) = 1 then '{}' else ${schema}.locked_v3(names, now) end;
          exit when made is not null;
          rollback;
        end loop;
        for k in 0 .. jsonb_array_length(ours) - 1 loop
          case verb${branches}
          end case;
          ours_of := ours_of || jsonb_build_array(answer -> 'ours');
          theirs_of := theirs_of || jsonb_build_array(answer -> 'theirs');
        end loop;
        -- What is refused leaves no row.
        if made <> '{}' then
          delete from ${schema}.slots where slot = any(made) and keys = '{}';
        end if;
        our_answers := ours_of;
        their_answers := theirs_of;
        if 'system' = any(names) then
          ${letGo('our_answers')}
        end if;
      end`)};`;
}
