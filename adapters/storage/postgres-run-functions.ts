import { part, verb } from './postgres-functions.ts';
import { CHARGED, DONE, OPENED, WANTED } from './postgres-run-parts.ts';
import { dollarQuoted } from './postgres-text.ts';

const BODY = `
      declare
        names text[] := (doc ->> 'slots')::text[]; keys text[] := (doc ->> 'keys')::text[]; hits bigint[] := (doc ->> 'hits')::bigint[];
        ops jsonb := doc -> 'ops'; count integer := jsonb_array_length(ops); held slots[] := rows_v3(names); is_wanted boolean[];
        is_changed boolean[]; is_new boolean[]; owners text[]; answers text[]; fresh challenges[]; paid payment[];
        later integer[]; resent challenges[];
        op jsonb; now bigint; c challenges; given challenges; answer text; is_right boolean; first integer; last integer; cooldown bigint[];
        judged record; owner text; at integer; place integer; totals bigint[]; counts text; cleared integer[];
      begin
        perform durable_v1();
        for phase in 1 .. 2 loop
          for k in 1 .. count loop
            continue when answers[k] is not null;${OPENED}
            if answer is null and phase = 1 then${WANTED}
            elsif answer is null then${CHARGED}${DONE}
            end if;
            answers[k] := answer;
          end loop;
          if array_position(answers, null) is null then
            exit;
          elsif phase = 1 then
            held := held_v3(names, held, is_wanted);
            if held is null then
              return null;
            end if;
            for i in 1 .. cardinality(names) loop
              is_new[i] := coalesce(is_wanted[i], false) and held[i] is null;
              if is_new[i] then
                held[i] := new_slot_v3(names[i], now);
              end if;
            end loop;
          end if;
        end loop;
        if is_new is null then
          return '[' || array_to_string(answers, ',') || ']';
        end if;
        if true = any(is_new) and not made_v3(array(select held[i] from unnest(is_new) with ordinality n(is_one, i) where is_one)) then
          return null;
        end if;
        for i in 1 .. coalesce(cardinality(later), 0) loop
          answers[later[i]] := sent_again_v3(ops -> (later[i] - 1), resent[i], answers[later[i]]);
        end loop;
        perform write_v3(held, is_changed, is_new);
        if fresh is not null then
          insert into challenges select * from unnest(fresh);
        end if;
        if paid is not null then
          perform pay_v3(paid);
        end if;
        return '[' || array_to_string(answers, ',') || ']';
      end`;

const ALONE_VARIABLES = 'answer text;';

// For other functions: alone, and tried again inside of whatever they have begun.
const ALONE = `
        loop
          begin
            answer := run_v3(doc || jsonb_build_object('ops', jsonb_build_array(doc)));
            if answer is null then
              raise exception 'ringlatch: a row came or went' using errcode = 'RL001';
            end if;
            return answer::jsonb -> 0;
          exception when sqlstate 'RL001' then
            -- Undone, with its locks.
          end;
        end loop;`;

/** What a run pays for the codes that it judged. */
export const PAYMENT_TYPE: string = `
    create type payment as (id text, phone_key text, purpose text, used_at bigint, is_right boolean, paid_at bigint,
      proof_hash text, proof_expires_at bigint);`;

/**
 * Runs operations that charge counters, one or many, as one step and in their order, of each number one: first as anybody sees the rows, so
 * that what is refused waits for nobody, nobody waits for it, and it leaves no row; then those that passed again, under the locks of all.
 */
export function runFunctions(schema: string): string {
  return [
    part(
      'pay_v3(paid payment[]) returns void',
      '',
      `update challenges o
          set attempts_left = o.attempts_left - (o.id = p.id)::integer,
            used_at = case when o.id = p.id then p.used_at else p.paid_at end
          from unnest(paid) p
          where o.phone_key = p.phone_key and o.purpose = p.purpose and o.used_at is null
            and (o.id = p.id or (p.is_right and o.attempts_left > 0 and p.paid_at < o.expires_at));
        insert into proofs (hash, phone_key, phone_number, purpose, user_id, context, context_hash, reference, profile, expires_at)
          select p.proof_hash, c.phone_key, c.phone_number, c.purpose, c.user_id, c.context, c.context_hash, c.reference, c.profile,
            p.proof_expires_at
          from unnest(paid) p join challenges c on c.id = p.id where p.is_right
          on conflict (hash) do update set (phone_key, phone_number, purpose, user_id, context, context_hash, reference, profile, expires_at) =
            (excluded.phone_key, excluded.phone_number, excluded.purpose, excluded.user_id, excluded.context, excluded.context_hash,
              excluded.reference, excluded.profile, excluded.expires_at);`,
    ),
    // Answers null where a row came or went meanwhile: then all must be undone and run again.
    `
    create function run_v3(doc jsonb) returns text language plpgsql volatile
      set search_path from current set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
      set plan_cache_mode = force_generic_plan
      as ${dollarQuoted(BODY)};`,
    ...['issue', 'redeem', 'take'].map((name) => verb(name, ALONE_VARIABLES, ALONE, 3)),
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
  return `waits := current_setting('synchronous_commit');
          tells := pg_current_xact_id_if_assigned() is not null or position('"repeated"' in ${answer}) > 0;
          perform set_config('synchronous_commit', 'off', true);
          commit;
          if tells then
            perform set_config('synchronous_commit', waits, true);
            perform pg_logical_emit_message(true, 'ringlatch', '');
          end if;`;
}
