import { part } from './postgres-functions.ts';
import { columnOf } from './postgres-rows.ts';
import { DRAFT_FIELDS } from './postgres-sessions.ts';

/**
 * What follows the codes of a batch that were accepted, in sets: accounts that are found, numbers that are proved again, accounts that are made,
 * sessions. What a set cannot carry goes through the functions for one, in the same step and with the same answer.
 */
export function accountBatchFunctions(schema: string): string {
  return [
    // Whether a user gets the session that is wished for, and whether the time of the proof is due.
    part(
      'welcome_v3(theirs jsonb, wish jsonb, person jsonb, now bigint, out opens boolean, out renews boolean)',
      `proved_at numeric := ${schema}.time_in_v1(person -> 'row' -> (theirs ->> 'verifiedAt'));`,
      `opens := wish <> 'null' and person ->> 'id' !~ E'\\x01' and not ${schema}.is_disabled_v1(theirs, person) and proved_at is distinct from 'NaN'
          and (coalesce(now < proved_at + (wish ->> 'dormantAfterMs')::numeric, true) or coalesce(person ->> 'id' = wish ->> 'exemptUserId', false));
        renews := opens and theirs ->> 'verifiedAt' is not null and coalesce(now >= proved_at + (wish ->> 'renewAfterMs')::numeric, true);`,
    ),
    // Only this user's sessions have a slot of that name.
    part(
      `drafted_v3(wish jsonb, user_id text) returns ${schema}.sessions`,
      `given text[] := (wish ->> 'draft')::text[]; s ${schema}.sessions;`,
      `s.user_id := user_id;
        s.user_key := translate(encode(substring(sha256(convert_to('ringlatch/v1/user' || user_id, 'UTF8')) for 12), 'base64'), '+/', '-_');
        s.id := s.user_key || (wish ->> 'random');
${DRAFT_FIELDS.map((field, index) => `        s.${columnOf(field)} := given[${index + 1}];`).join('\n')}
        return s;`,
    ),
    // The accounts that can be made together, by number; null where one of them fails, or none can.
    part(
      'made_together_v3(theirs jsonb, wanted jsonb[]) returns jsonb',
      `given jsonb[]; one jsonb; wish jsonb; columns jsonb; number text;`,
      `foreach one in array wanted loop
          wish := one -> 'wish';
          number := one #>> '{challenge,phone_number}';
          columns := wish #> '{create,columns}';
          if (wish -> 'orStored')::boolean and one #>> '{challenge,profile}' is not null then
            columns := ${schema}.stored_columns_v1(theirs || wish, one #>> '{challenge,profile}') || (wish -> 'named');
          end if;
          continue when columns is null;
          given := given || jsonb_build_object('number', number, 'now', wish #> '{create,now}', 'id', wish #> '{create,id}',
            'columns', columns || jsonb_build_object(theirs #>> '{of,phoneNumber}', number));
        end loop;
        perform ${schema}.check_rules_v1(wanted[1] #> '{wish,create,rules}');
        return ${schema}.made_people_v3(theirs, to_jsonb(given));
      exception when others then
        return null;`,
    ),
    // Users are locked before any is made, and all of them before the slots of their sessions.
    part(
      'signed_in_v3(ours jsonb, theirs jsonb, redeemed jsonb, out opened jsonb[], out accounts jsonb[])',
      `count integer := jsonb_array_length(redeemed); ops jsonb := ours -> 'ops'; makings jsonb := theirs -> 'ops'; op jsonb; place integer; is_found boolean := true;
        is_own boolean := (theirs -> 'isOwn')::boolean;
        people jsonb; challenge jsonb; wanted text; wish jsonb; made jsonb; due jsonb[]; now bigint; person jsonb; judged record;
        pending integer[] := '{}'; together jsonb[] := '{}'; places integer[] := '{}'; others integer[] := '{}';
        sessions ${schema}.sessions[]; most integer[]; moments bigint[]; evicted jsonb[]; table_of jsonb := theirs - 'ops';`,
      `if exists (
          select from jsonb_array_elements(redeemed) r where r ? 'challenge' group by r #>> '{challenge,phone_number}' having count(*) > 1)
        then
          raise exception 'ringlatch: one number twice in a batch' using errcode = 'serialization_failure';
        end if;
        opened := array_fill(null::jsonb, array[count]);
        people := ${schema}.people_of_v3(table_of, (
          select jsonb_agg(r #> '{challenge,phone_number}' order by at) from jsonb_array_elements(redeemed) with ordinality t(r, at)));
        for k in 1 .. count loop
          challenge := redeemed -> (k - 1) -> 'challenge';
          wanted := ops -> (k - 1) ->> 'accounts';
          wish := makings -> (k - 1);
          person := people -> (k - 1);
          if challenge is null then
            accounts[k] := '{"is": "left"}';
          elsif person <> 'null' and wanted <> 'new' then
            accounts[k] := jsonb_build_object('is', 'found', 'user', person);
          elsif wanted = 'known' or wish -> 'create' = 'null' then
            accounts[k] := jsonb_build_object('is', case wanted when 'new' then 'left' else 'absent' end);
          else
            pending := pending || k;
            if person = 'null' and wish #> '{create,issues}' = '[]' then
              together := together || jsonb_build_object('wish', wish, 'challenge', challenge);
            end if;
          end if;
        end loop;
        loop
          due := '{}';
          for k in 1 .. count loop
            person := accounts[k] -> 'user';
            continue when person is null or (not is_found and k <> all(pending));
            op := ops -> (k - 1);
            wish := op -> 'session';
            now := (op -> 'now')::bigint;
            judged := ${schema}.welcome_v3(table_of, wish, person, now);
            if judged.opens then
              places := places || k;
              sessions := sessions || ${schema}.drafted_v3(wish, person ->> 'id');
              most := most || (wish -> 'maxPerUser')::integer;
              moments := moments || now;
              if not (is_own and accounts[k] ->> 'is' = 'created') then
                others := others || cardinality(places);
              end if;
            end if;
            if judged.renews then
              due := due || jsonb_build_object('userId', person -> 'id', 'now', now,
                'phoneNumber', redeemed #> array[(k - 1)::text, 'challenge', 'phone_number']);
            end if;
          end loop;
          perform ${schema}.renewed_v3(table_of, to_jsonb(due));
          exit when not is_found or pending = '{}';
          is_found := false;
          if together <> '{}' then
            made := ${schema}.made_together_v3(table_of, together);
          end if;
          foreach place in array pending loop
            challenge := redeemed -> (place - 1) -> 'challenge';
            person := made -> (challenge ->> 'phone_number');
            accounts[place] := case when person is not null then jsonb_build_object('is', 'created', 'user', person)
              else ${schema}.account_of_v1(challenge, ops -> (place - 1) ->> 'accounts', table_of || (makings -> (place - 1))) end;
          end loop;
        end loop;
        if places <> '{}' then
          evicted := ${schema}.open_sessions_v3(sessions, most, moments, others);
          for at in 1 .. cardinality(places) loop
            opened[places[at]] := evicted[at];
          end loop;
        end if;`,
    ),
  ].join('\n');
}
