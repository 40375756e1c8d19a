import { functionOf, part, step } from './postgres-functions.ts';

// Below what the adapter lets into an index, because PostgreSQL writes JSON with spaces.
const MOST_UNIQUE_BYTES = 1900;

/** How joined verbs find accounts and make them, of which `theirs` says what must be known. They run in the search path of the session. */
export function accountFunctions(schema: string): string {
  const own = (verb: string): string => `${schema}.${functionOf(verb)}`;
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
    step(
      'find_own_user_v3(number text, user_id text) returns jsonb',
      'u users;',
      `if user_id is null then
          select * into u from users where phone_number = number;
        elsif user_id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then
          select * into u from users where id = user_id::uuid;
        end if;
        return case when u.id is not null then own_row_v1(u) end;`,
    ),
    step(
      'make_own_user_v3(number text, columns jsonb, now bigint) returns jsonb',
      'u users;',
      `insert into users (id, phone_number, profile, password_hash, created_at, phone_number_verified_at)
          values ((columns ->> 'id')::uuid, number, columns -> 'profile', columns ->> 'password_hash', now, now)
          on conflict (phone_number) do nothing returning * into u;
        return case when found then jsonb_build_object('is', 'created', 'user', own_row_v1(u)) else '{"is": "phone_number_taken"}' end;`,
    ),
    part(
      'person_v1(theirs jsonb, wanted jsonb) returns jsonb',
      '',
      `if (theirs -> 'isOwn')::boolean then
          return ${schema}.find_own_user_v3(wanted ->> 'phoneNumber', wanted ->> 'userId');
        end if;
        return ${own('find_user')}(wanted || jsonb_build_object('of', theirs -> 'of'));`,
    ),
    // A profile that breaks a rule is judged by the verb itself. Without rules nothing but the number is unique.
    part(
      'made_v1(theirs jsonb, number text, columns jsonb) returns jsonb',
      `wish jsonb := theirs -> 'create'; made_at bigint := (wish -> 'now')::bigint;`,
      `if (theirs -> 'isOwn')::boolean and wish -> 'issues' = '[]' then
          if wish -> 'rules' = '{}' then
            return ${schema}.make_own_user_v3(number, columns, made_at);
          end if;
          perform ${schema}.check_rules_v1(wish -> 'rules');
          begin
            return ${schema}.make_own_user_v3(number, columns, made_at);
          exception when unique_violation then
            null;
          end;
        end if;
        return ${own('create_user')}(wish || jsonb_build_object('of', theirs -> 'of', 'phoneNumber', number,
          'columns', columns || jsonb_build_object(theirs #>> '{of,phoneNumber}', number)));`,
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
          answer := ${schema}.made_v1(theirs, number, columns);
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
  ].join('\n');
}
