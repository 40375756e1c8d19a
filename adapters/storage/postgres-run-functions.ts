import { DURABLY, verb } from './postgres-functions.ts';
import { CHARGED, DONE, OPENED, WANTED } from './postgres-run-parts.ts';
import { ISSUED, PAID } from './postgres-run-writes.ts';
import { dollarQuoted } from './postgres-text.ts';

const BODY = `
      declare
        names text[] := (doc ->> 'slots')::text[]; keys text[] := (doc ->> 'keys')::text[]; hits bigint[] := (doc ->> 'hits')::bigint[];
        ops jsonb := coalesce(doc -> 'ops', jsonb_build_array(doc)); count integer := jsonb_array_length(ops);
        held slots[] := rows_v3(names); is_wanted boolean[]; is_changed boolean[]; is_new boolean[]; owners text[]; answers text[]; paid payment[];
        issued integer[]; resend_ats bigint[]; is_made boolean; later integer[]; resent challenges[];
        op jsonb; verb text; now bigint; c challenges; given text[]; answer text; is_right boolean; first integer; last integer; cooldown bigint[];
        judged record; owner text; at integer; place integer; totals bigint[]; counts text; cleared integer[];
      begin
        ${DURABLY}
        for phase in 1 .. 2 loop
          for k in 1 .. count loop
            continue when answers[k] is not null;${OPENED}
            if answer is null and phase = 1 then${WANTED}
            elsif answer is null then${CHARGED}${DONE}
            end if;
            answers[k] := answer;
          end loop;
          exit when phase = 2;
          if array_position(answers, null) is null then
            return '[' || array_to_string(answers, ',') || ']';
          end if;
          held := held_v3(names, held, is_wanted);
          if held is null then
            return null;
          end if;
          for i in 1 .. cardinality(names) loop
            if is_wanted[i] and held[i] is null then
              is_new[i] := true;
              held[i] := new_slot_v3(names[i], now);
            end if;
          end loop;
        end loop;
        if not written_v3(held, is_changed, is_new) then
          return null;
        end if;${ISSUED}
        for i in 1 .. coalesce(cardinality(later), 0) loop
          answers[later[i]] := sent_again_v3(ops -> (later[i] - 1), resent[i], answers[later[i]]);
        end loop;${PAID}
        return '[' || array_to_string(answers, ',') || ']';
      end`;

const ALONE_VARIABLES = 'answer text;';

// For other functions: alone, and tried again inside of whatever they have begun.
const ALONE = `
        loop
          begin
            answer := run_v3(doc);
            if answer is null then
              raise exception 'ringlatch: a row came or went' using errcode = 'RL001';
            end if;
            return answer::jsonb -> 0;
          exception when sqlstate 'RL001' then
            -- Undone, with its locks.
          end;
        end loop;`;

/**
 * Runs operations that charge counters, one or many, as one step and in their order, of each number one: first as anybody sees the rows, so
 * that what is refused waits for nobody, nobody waits for it, and it leaves no row; then those that passed again, under the locks of all.
 */
export function runFunctions(schema: string): string {
  return [
    // Takes several operations, or one as it is. Answers null where a row came or went meanwhile: then all must be undone and run again.
    `
    create function run_v3(doc jsonb) returns text language plpgsql volatile
      set search_path from current set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
      set plan_cache_mode = force_generic_plan
      as ${dollarQuoted(BODY)};`,
    ...['redeem', 'take'].map((name) => verb(name, ALONE_VARIABLES, ALONE, 3)),
    // A procedure that commits can have no settings of its own.
    `
    create procedure commit_v3(doc jsonb, is_shared boolean, inout answer text) language plpgsql as ${dollarQuoted(`
      declare
        waits text; tells boolean;
      begin
        loop
          answer := ${schema}.run_v3(doc);
          exit when answer is not null;
          rollback;
        end loop;
        if is_shared then
          ${letGo('answer')}
        end if;
      end`)};`,
  ].join('\n');
}

/**
 * Commits, and lets go of rows that all charge before the log is on disk; the answer leaves after it. Whoever saw such a row commits later, and the
 * log is written in order. What was refused wrote nothing and waits for nothing; what was met before must be there after a crash.
 */
export function letGo(answer: string): string {
  // As expressions, which cost less than statements that call the functions.
  return `waits := current_setting('synchronous_commit');
          tells := pg_current_xact_id_if_assigned() is not null or position('"repeated"' in ${answer}) > 0;
          if tells then
            tells := set_config('synchronous_commit', 'off', true) is not null;
          end if;
          commit;
          if tells then
            tells := set_config('synchronous_commit', waits, true) is not null and pg_logical_emit_message(true, 'ringlatch', '') is not null;
          end if;`;
}
