import { dollarQuoted } from './postgres-text.ts';

/**
 * The verbs of the user store over the table that `doc -> 'of'` describes: this library's, or the consumer's. `format` quotes identifiers,
 * values are bound. They run in the search path of the session, because triggers, defaults and checks of the consumer's table may rely on it;
 * everything of ours is named with its schema.
 */
export function userFunctions(schema: string): string {
  const verb = verbsIn(schema);
  const isUser = isUserIn(schema);
  return [
    verb(
      'find_user',
      `${isUser} user_columns text := ${schema}.user_columns_v1(this); answer jsonb;`,
      `if user_id is null then
          execute format('select %s from %s where %I = $1', user_columns, users, this ->> 'phoneNumber') into answer using doc ->> 'phoneNumber';
        else
          execute format('select %s from %s where %s', user_columns, users, is_user) into answer using user_id;
        end if;
        return answer;`,
    ),
    // The number is judged first, the profile second, whatever the order in which the table would complain.
    verb(
      'create_user',
      `given jsonb := (doc -> 'columns') || ${schema}.moments_v1(users, this -> 'setAtCreation', doc -> 'now');
        number text := this ->> 'phoneNumber'; is_taken boolean; names text; typed text; answer jsonb; rule text; culprit text; fields text[];`,
      `perform ${schema}.durable_v1();
        execute format('select true from %s where %I = $1', users, number) into is_taken using doc ->> 'phoneNumber';
        if is_taken then
          return '{"is": "phone_number_taken"}';
        end if;
        fields := ${schema}.misfits_v1(doc -> 'fields', users, given);
        if fields <> '{}' then
          return jsonb_build_object('is', 'refused', 'because', '22000', 'fields', to_jsonb(fields));
        end if;
        if doc -> 'issues' <> '[]' then
          return jsonb_build_object('is', 'refused', 'issues', doc -> 'issues');
        end if;
        perform ${schema}.check_rules_v1(doc -> 'rules');
        if not ${schema}.has_default_v1(users, this ->> 'id') and not given ? (this ->> 'id') then
          given := given || jsonb_build_object(this ->> 'id', doc -> 'id');
        end if;
        select * into names, typed from ${schema}.columns_v1(users, given);
        execute format('insert into %1$s (%2$s) select %2$s from jsonb_to_record($1) as given(%3$s)
            on conflict (%4$I) where %4$I is not null do nothing returning %5$s', users, names, typed, number, ${schema}.user_columns_v1(this))
          into answer using given;
        if answer is null then
          return '{"is": "phone_number_taken"}';
        end if;
        return jsonb_build_object('is', 'created', 'user', answer);
      exception when integrity_constraint_violation or data_exception then
        get stacked diagnostics rule = constraint_name, culprit = column_name;
        fields := ${schema}.fields_at_fault_v1(doc, users, given, rule, culprit);
        if fields = '{}' then
          raise;
        end if;
        return jsonb_build_object('is', 'refused', 'because', sqlstate, 'fields', to_jsonb(fields));`,
    ),
    verb(
      'set_phone_number',
      `${isUser} number text := this ->> 'phoneNumber'; wanted text := doc ->> 'phoneNumber';
        given jsonb := jsonb_build_object(number, wanted); previous text; is_known boolean; is_taken boolean; names text; typed text; answer jsonb;`,
      `perform ${schema}.durable_v1();
        execute format('explain insert into %1$s (%2$I) values (null) on conflict (%2$I) where %2$I is not null do nothing', users, number);
        execute format('select true, %I from %s where %s for update', number, users, is_user) into is_known, previous using user_id;
        if is_known is null then
          return '{"is": "unknown"}';
        end if;
        execute format('select true from %s where %I = $2 and not (%s)', users, number, is_user) into is_taken using user_id, wanted;
        if is_taken then
          return '{"is": "taken"}';
        end if;
        if wanted is not null then
          given := given || ${schema}.moments_v1(users, this -> 'setWithNumber', doc -> 'now');
        end if;
        select * into names, typed from ${schema}.columns_v1(users, given);
        execute format('update %1$s set (%2$s) = (select %2$s from jsonb_to_record($2) as given(%3$s)) where %4$s returning %5$s',
            users, names, typed, is_user, ${schema}.user_columns_v1(this))
          into answer using user_id, given;
        return jsonb_build_object('is', 'set', 'user', answer, 'previous', previous);
      exception when unique_violation then
        execute format('select true from %s where %I = $1', users, number) into is_taken using wanted;
        if is_taken then
          return '{"is": "taken"}';
        end if;
        raise;`,
    ),
    verb(
      'password_hash_of',
      `${isUser} hash text;`,
      `execute format('select %I from %s where %s', this ->> 'passwordHash', users, is_user) into hash using user_id;
        return to_jsonb(hash);`,
    ),
    verb(
      'set_password_hash',
      `${isUser} changed integer;`,
      `perform ${schema}.durable_v1();
        execute format('update %1$s set %2$I = $2 where %3$s and %2$I is not distinct from $3', users, this ->> 'passwordHash', is_user)
          using user_id, doc ->> 'passwordHash', doc ->> 'replaces';
        get diagnostics changed = row_count;
        return jsonb_build_object('is', case when changed > 0 then 'set' else 'stale' end);`,
    ),
    verb(
      'set_disabled',
      `${isUser} changed integer;`,
      `perform ${schema}.durable_v1();
        execute format('update %s set disabled = $2 where %s', users, is_user) using user_id, (doc -> 'disabled')::boolean;
        get diagnostics changed = row_count;
        return to_jsonb(changed > 0);`,
    ),
    verb(
      'delete_user',
      `${isUser} changed integer;`,
      `perform ${schema}.durable_v1();
        execute format('delete from %s where %s', users, is_user) using user_id;
        get diagnostics changed = row_count;
        return to_jsonb(changed > 0);`,
    ),
  ].join('\n');
}

/** The verb that remembers when a number was proved again, in a column that it is told. */
export function verifiedAtFunction(schema: string): string {
  return verbsIn(schema)(
    'set_phone_number_verified_at',
    `${isUserIn(schema)} given jsonb := ${schema}.moments_v1(users, jsonb_build_array(doc -> 'column'), doc -> 'now'); names text; typed text;`,
    `perform ${schema}.durable_v1();
        select * into names, typed from ${schema}.columns_v1(users, given);
        execute format('update %1$s u set %2$s = given.%2$s from jsonb_to_record($2) as given(%3$s)
            where %4$s and u.%5$I = $3 and (u.%2$s is null or u.%2$s < given.%2$s)', users, names, typed, is_user, this ->> 'phoneNumber')
          using user_id, given, doc ->> 'phoneNumber';
        return null;`,
  );
}

function verbsIn(schema: string): (name: string, declarations: string, statements: string) => string {
  return (name, declarations, statements) => `
    create function ${name}_v1(doc jsonb) returns jsonb language plpgsql volatile as ${dollarQuoted(`
      declare
        this jsonb := doc -> 'of';
        users regclass := ${schema}.table_of_v1(this);
        user_id text := doc ->> 'userId';
        ${declarations}
      begin
        ${statements}
      end`)};`;
}

function isUserIn(schema: string): string {
  return `is_user text := ${schema}.is_user_v1(this, users, user_id);`;
}
