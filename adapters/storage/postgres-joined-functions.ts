import { functionOf, verb as ownVerb } from './postgres-functions.ts';
import { dollarQuoted } from './postgres-text.ts';

/**
 * The joined verbs: each calls those of the stores, in one statement. `ours` is what the other functions take and answer in the encoding of this
 * library's tables, `theirs` what they take and answer of users, as others write it. They run in the search path of the session, as the verbs of
 * users do.
 *
 * What several of them lock they lock in one order: slots of counters, users, slots of users' sessions, sessions.
 */
export function joinedFunctions(schema: string): string {
  const own = (verb: string): string => `${schema}.${functionOf(verb)}`;
  const part = (signature: string, declarations: string, statements: string): string => `
    create function ${signature} language plpgsql volatile as ${dollarQuoted(`
      declare
        ${declarations}
      begin
        ${statements}
      end`)};`;
  const verb = (name: string, declarations: string, statements: string): string =>
    part(`${name}_v1(ours jsonb, theirs jsonb) returns jsonb`, declarations, statements);
  return [
    // Epoch ms as the adapter reads a time; NaN for what only the adapter can tell.
    part(
      'time_in_v1(value jsonb) returns numeric',
      `text text := value #>> '{}';`,
      `if jsonb_typeof(value) = 'number' then
          return value::numeric;
        elsif coalesce(text, '') = '' then
          return null;
        elsif text ~ '^-?[0-9]{1,18}([.][0-9]{1,18})?$' then
          return text::numeric;
        elsif text ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' then
          return extract(epoch from (text || 'T00:00:00Z')::timestamptz) * 1000;
        elsif text ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?$' then
          return floor(extract(epoch from (text || 'Z')::timestamptz) * 1000);
        elsif text ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?[+-][0-9]{2}:[0-9]{2}$' then
          return floor(extract(epoch from text::timestamptz) * 1000);
        end if;
        return 'NaN';`,
    ),
    part(
      'is_disabled_v1(theirs jsonb, account jsonb) returns boolean',
      '',
      `return theirs ->> 'disabled' is not null
          and coalesce(account -> 'row' -> (theirs ->> 'disabled'), 'null') not in ('null'::jsonb, 'false'::jsonb, '0'::jsonb, '""'::jsonb);`,
    ),
    // Only this user's sessions have a slot of that name.
    part(
      'open_session_v1(wish jsonb, user_id text, now bigint) returns jsonb',
      `user_key text := translate(encode(substring(sha256(convert_to('ringlatch/v1/user' || user_id, 'UTF8')) for 12), 'base64'), '+/', '-_');`,
      `return ${own('create_session')}(jsonb_build_object('maxPerUser', wish -> 'maxPerUser', 'now', now, 'session',
          (wish -> 'draft') || jsonb_build_object('id', user_key || (wish ->> 'random'), 'user_id', user_id, 'user_key', user_key)));`,
    ),
    // What a profile that lies beside a challenge puts into columns; null where only the adapter can tell.
    part(
      'stored_columns_v1(theirs jsonb, profile text) returns jsonb',
      `given jsonb; columns jsonb;`,
      `if profile ~ E'\\x01' then
          return null;
        end if;
        given := coalesce(nullif(profile::jsonb, 'null'), '{}');
        if theirs ->> 'whole' is not null then
          if exists (select from jsonb_array_elements_text(theirs -> 'unique') field where octet_length((given -> field)::text) > ${MOST_UNIQUE_BYTES}) then
            return null;
          end if;
          return jsonb_build_object(theirs ->> 'whole', given);
        end if;
        if jsonb_typeof(given) <> 'object' then
          return null;
        end if;
        select coalesce(jsonb_object_agg(c.name, g.value), '{}') into columns
          from jsonb_each(given) g(field, value) join jsonb_each_text(theirs #> '{create,fields}') c(name, field) using (field);
        return case when (select count(*) from jsonb_object_keys(given)) = (select count(*) from jsonb_object_keys(columns)) then columns end;`,
    ),
    // Of the library's own table everything is known: what the catalog says of others need not be asked, nor planned at each call.
    part(
      'own_row_v1(u users) returns jsonb',
      '',
      `return jsonb_build_object('id', u.id, 'row', jsonb_build_object('phone_number', u.phone_number, 'disabled', u.disabled,
          'profile', u.profile, 'created_at', u.created_at, 'phone_number_verified_at', u.phone_number_verified_at));`,
    ),
    ownVerb(
      'find_own_user',
      'u users;',
      `if doc ->> 'userId' is null then
          select * into u from users where phone_number = doc ->> 'phoneNumber';
        elsif doc ->> 'userId' ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then
          select * into u from users where id = (doc ->> 'userId')::uuid;
        end if;
        return case when u.id is not null then own_row_v1(u) end;`,
    ),
    ownVerb(
      'make_own_user',
      `given jsonb := doc -> 'columns'; now bigint := (doc -> 'now')::bigint; u users;`,
      `insert into users (id, phone_number, profile, password_hash, created_at, phone_number_verified_at)
          values ((given ->> 'id')::uuid, given ->> 'phone_number', given -> 'profile', given ->> 'password_hash', now, now)
          on conflict (phone_number) do nothing returning * into u;
        return case when found then jsonb_build_object('is', 'created', 'user', own_row_v1(u)) else '{"is": "phone_number_taken"}' end;`,
    ),
    part(
      'person_v1(theirs jsonb, wanted jsonb) returns jsonb',
      '',
      `if (theirs -> 'isOwn')::boolean then
          return ${own('find_own_user')}(wanted);
        end if;
        return ${own('find_user')}(wanted || jsonb_build_object('of', theirs -> 'of'));`,
    ),
    // A profile that breaks a rule is judged by the verb itself.
    part(
      'made_v1(theirs jsonb, doc jsonb) returns jsonb',
      '',
      `if (theirs -> 'isOwn')::boolean and doc -> 'issues' = '[]' then
          perform ${schema}.check_rules_v1(doc -> 'rules');
          begin
            return ${own('make_own_user')}(doc);
          exception when unique_violation then
            null;
          end;
        end if;
        return ${own('create_user')}(doc);`,
    ),
    part(
      'account_of_v1(challenge jsonb, accounts text, theirs jsonb) returns jsonb',
      `number text := challenge ->> 'phone_number';
        wanted jsonb := jsonb_build_object('phoneNumber', number);
        none jsonb := jsonb_build_object('is', case accounts when 'new' then 'left' else 'absent' end);
        found_user jsonb; columns jsonb; answer jsonb;`,
      `if accounts <> 'new' then
          found_user := ${schema}.person_v1(theirs, wanted);
          if found_user is not null then
            return jsonb_build_object('is', 'found', 'user', found_user);
          end if;
        end if;
        if accounts = 'known' or theirs -> 'create' = 'null' then
          return none;
        end if;
        columns := theirs #> '{create,columns}';
        begin
          if (theirs -> 'orStored')::boolean and challenge ->> 'profile' is not null then
            columns := ${schema}.stored_columns_v1(theirs, challenge ->> 'profile') || (theirs -> 'named');
            if columns is null then
              return none;
            end if;
          end if;
          answer := ${schema}.made_v1(theirs, (theirs -> 'create') || jsonb_build_object('of', theirs -> 'of', 'phoneNumber', number,
            'columns', columns || jsonb_build_object(theirs #>> '{of,phoneNumber}', number)));
        -- The code stays accepted, and the caller meets the same failure in the verb itself.
        exception when others then
          return none;
        end;
        if accounts = 'either' and answer ->> 'is' = 'phone_number_taken' then
          found_user := ${schema}.person_v1(theirs, wanted);
          if found_user is not null then
            return jsonb_build_object('is', 'found', 'user', found_user);
          end if;
        end if;
        return answer;`,
    ),
    verb(
      'issue_joined',
      `issue jsonb := ours -> 'issue';
        wanted jsonb := jsonb_build_object('phoneNumber', issue #> '{challenge,phone_number}');
        is_known boolean := ${schema}.person_v1(theirs, wanted) is not null;`,
      `if is_known <> (ours ->> 'expects' = 'known') then
          issue := issue || jsonb_build_object('resendDigest', null, 'challenge', (issue -> 'challenge') || '{"digest": null}');
        end if;
        return jsonb_build_object('ours', ${own('issue')}(issue));`,
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
          opened := ${schema}.open_session_v1(wish, user_id, now);
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
        return jsonb_build_object('ours', ${schema}.open_session_v1(ours -> 'session', user_id, (ours -> 'now')::bigint));`,
    ),
  ].join('\n');
}

// Below what the adapter lets into an index, because PostgreSQL writes JSON with spaces.
const MOST_UNIQUE_BYTES = 1900;
