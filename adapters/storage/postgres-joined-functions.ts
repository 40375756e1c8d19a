import { functionOf, verb as ownVerb, part } from './postgres-functions.ts';

/**
 * The joined verbs: each calls those of the stores, in one statement. `ours` is what the other functions take and answer in the encoding of this
 * library's tables, `theirs` what they take and answer of users, as others write it. They run in the search path of the session, as the verbs of
 * users do.
 *
 * What several of them lock they lock in one order: slots of counters, users, slots of users' sessions, sessions.
 */
export function joinedFunctions(schema: string): string {
  const own = (verb: string): string => `${schema}.${functionOf(verb)}`;
  const verb = (name: string, declarations: string, statements: string): string =>
    part(`${name}_v1(ours jsonb, theirs jsonb) returns jsonb`, declarations, statements);
  return [
    // Only this user's sessions have a slot of that name.
    part(
      'open_session_v1(wish jsonb, owner_id text, now bigint, is_first boolean) returns jsonb',
      `given ${schema}.sessions := jsonb_populate_record(null::${schema}.sessions, wish -> 'draft');`,
      `given.user_id := owner_id;
        given.user_key := translate(encode(substring(sha256(convert_to('ringlatch/v1/user' || owner_id, 'UTF8')) for 12), 'base64'), '+/', '-_');
        given.id := given.user_key || (wish ->> 'random');
        return jsonb_build_object('evicted', to_jsonb(${schema}.session_opened_v3(given, (wish -> 'maxPerUser')::integer, now, is_first)));`,
    ),
    verb(
      'sign_in',
      `redeemed jsonb := ${own('redeem')}(ours -> 'redeem');
        now bigint := (ours #> '{redeem,now}')::bigint;
        wish jsonb := ours -> 'session';
        account jsonb; person jsonb; user_id text; proved_at numeric; opened jsonb;`,
      `if redeemed ->> 'is' <> 'accepted' then
          return jsonb_build_object('ours', jsonb_build_object('redeemed', redeemed), 'theirs', '{"is": "left"}'::jsonb);
        end if;
        account := ${schema}.account_of_v1(redeemed -> 'challenge', ours ->> 'accounts', theirs);
        person := account -> 'user';
        user_id := person ->> 'id';
        proved_at := ${schema}.time_in_v1(person -> 'row' -> (theirs ->> 'verifiedAt'));
        if user_id is not null and user_id !~ E'\\x01' and wish <> 'null' and not ${schema}.is_disabled_v1(theirs, person)
          and proved_at is distinct from 'NaN'
          and (coalesce(now < proved_at + (wish ->> 'dormantAfterMs')::numeric, true) or coalesce(user_id = wish ->> 'exemptUserId', false))
        then
          if theirs ->> 'verifiedAt' is not null and coalesce(now >= proved_at + (wish ->> 'renewAfterMs')::numeric, true) then
            perform ${own('set_phone_number_verified_at')}(jsonb_build_object('of', theirs -> 'of', 'userId', user_id, 'now', now,
              'phoneNumber', redeemed #> '{challenge,phone_number}', 'column', theirs -> 'verifiedAt'));
          end if;
          opened := ${schema}.open_session_v1(wish, user_id, now, (theirs -> 'isOwn')::boolean and account ->> 'is' = 'created');
        end if;
        return jsonb_build_object('ours', jsonb_build_object('redeemed', redeemed, 'opened', opened), 'theirs', account);`,
    ),
    verb(
      'refresh',
      `person jsonb := ${schema}.person_v1(theirs, jsonb_build_object('userId', theirs -> 'userId')); rotated jsonb;`,
      `if person is not null and not ((ours -> 'checksDisabled')::boolean and ${schema}.is_disabled_v1(theirs, person)) then
          rotated := ${own('rotate_session')}(ours -> 'rotate');
        end if;
        return jsonb_build_object('ours', rotated, 'theirs', person);`,
    ),
    verb(
      'try_password',
      `taken jsonb := ${own('take')}(ours); person jsonb; hash jsonb;`,
      `if taken ->> 'is' = 'taken' then
          person := ${schema}.person_v1(theirs, jsonb_build_object('phoneNumber', theirs -> 'phoneNumber'));
          -- An unknown number costs the same reads.
          hash := ${own('password_hash_of')}(jsonb_build_object('of', theirs -> 'of', 'userId', coalesce(person ->> 'id', theirs ->> 'nobody')));
        end if;
        return jsonb_build_object('ours', taken, 'theirs', jsonb_build_object('user', person, 'hash', hash));`,
    ),
    // Those that have a row, and no others: whoever made rows here would make them against the order, and what is not there needs no clearing.
    ownVerb(
      'hold_slots',
      `wanted text[] := array(select jsonb_array_elements_text(doc));`,
      `return to_jsonb(array(select slot from slots where slot = any(wanted) order by slot = 'system', slot collate "C" for no key update));`,
    ),
    // Whoever changes the password waits for this step, or is waited for.
    verb(
      'pass_password',
      `this jsonb := theirs -> 'of';
        users regclass := ${schema}.table_of_v1(this);
        user_id text := theirs ->> 'userId';
        hash text; held jsonb;`,
      `perform ${schema}.durable_v1();
        held := ${own('hold_slots')}(ours #> '{clear,slots}');
        execute format('select %I from %s where %s for share', this ->> 'passwordHash', users, ${schema}.is_user_v1(this, users, user_id))
          into hash using user_id;
        if hash is distinct from theirs ->> 'expectedHash' then
          return '{}';
        end if;
        perform ${own('clear')}((ours -> 'clear') || jsonb_build_object('slots', held));
        return jsonb_build_object('ours', ${schema}.open_session_v1(ours -> 'session', user_id, (ours -> 'now')::bigint, false));`,
    ),
  ].join('\n');
}
