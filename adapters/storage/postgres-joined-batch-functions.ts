import { batchFunctionOf } from './postgres-batch-function.ts';
import { functionOf, verb as ownVerb } from './postgres-functions.ts';
import { letGo } from './postgres-run-functions.ts';
import { dollarQuoted } from './postgres-text.ts';

/**
 * Joined verbs for many at once, each batch in one step that commits: lists in, lists out, in one order. In a batch of codes each number is one,
 * in a batch of refreshes each session. They run in the search path of the session, as each verb does alone.
 *
 * They lock as the verbs do: slots of counters, users, slots of users' sessions, sessions.
 */
export function joinedBatchFunctions(schema: string): string {
  const procedure = (name: string, declarations: string, statements: string): string => `
    create procedure commit_${name}_v3(ours jsonb, theirs jsonb, inout our_answers text, inout their_answers text)
      language plpgsql as ${dollarQuoted(`
      declare
        ${declarations}
      begin
        ${statements}
      end`)};`;
  const letGoWhereShared = `if (ours -> 'isShared')::boolean then
          ${letGo('our_answers')}
        end if;`;
  return [
    procedure(
      'sign_in',
      'redeemed text; done record; waits text; tells boolean;',
      `loop
          redeemed := ${schema}.run_v3(ours -> 'run');
          exit when redeemed is not null;
          rollback;
        end loop;
        done := ${schema}.signed_in_v3(ours, theirs, redeemed::jsonb);
        our_answers := '{"redeemed":' || redeemed || ',"opened":' || to_json(done.opened) || '}';
        their_answers := to_json(done.accounts);
        ${letGoWhereShared}`,
    ),
    // No code meets a decoy.
    ownVerb(
      'make_decoy',
      '',
      `return doc || jsonb_build_object('resendDigest', null, 'challenge', to_jsonb(challenge_v3(doc -> 'challenge')) || '{"digest": null}');`,
      3,
    ),
    procedure(
      'issue_joined',
      'is_known boolean[]; expected boolean[]; run jsonb; op jsonb; ops jsonb[]; waits text; tells boolean;',
      `loop
          is_known := array(
            select p <> 'null' from jsonb_array_elements(${schema}.people_of_v3(theirs, ours -> 'phoneNumbers')) with ordinality t(p, place)
            order by place);
          run := ours -> 'run';
          expected := array(select e = 'known' from jsonb_array_elements_text(ours -> 'expects') e);
          if is_known <> expected then
            for k in 1 .. cardinality(is_known) loop
              op := run -> 'ops' -> (k - 1);
              ops[k] := case when is_known[k] = expected[k] then op else ${schema}.${functionOf('make_decoy', 3)}(op) end;
            end loop;
            run := run || jsonb_build_object('ops', ops);
          end if;
          our_answers := ${schema}.run_v3(run);
          exit when our_answers is not null;
          rollback;
        end loop;
        their_answers := to_json(is_known);
        ${letGoWhereShared}`,
    ),
    procedure(
      'refresh',
      `people jsonb; rotations jsonb[]; person jsonb; op jsonb;`,
      `people := ${schema}.people_named_v3(theirs, theirs -> 'userIds');
        for k in 0 .. jsonb_array_length(people) - 1 loop
          person := people -> k;
          op := ours -> k;
          rotations := rotations || case
            when person = 'null' or ((op -> 'checksDisabled')::boolean and ${schema}.is_disabled_v1(theirs, person)) then 'null'::jsonb
            else op -> 'rotate' end;
        end loop;
        our_answers := ${schema}.${batchFunctionOf('rotate_sessions')}(to_jsonb(rotations));
        their_answers := people;`,
    ),
  ].join('\n');
}
