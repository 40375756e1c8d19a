import { batchFunction, batchFunctionOf } from './postgres-batch-function.ts';
import { functionOf, part } from './postgres-functions.ts';

/**
 * The users of many numbers or ids at once, in this library's table or the consumer's. What one of them answers alone is in
 * `postgres-user-functions.ts`; those of the consumer's run in the search path of the session, as they do there.
 */
export function peopleFunctions(schema: string): string {
  const own = (verb: string): string => `${schema}.${batchFunctionOf(verb)}`;
  const table = `this jsonb := theirs -> 'of'; users regclass;`;
  return [
    batchFunction(
      'find_own_users',
      'jsonb',
      '',
      `if doc ? 'phoneNumbers' then
          return (
            select jsonb_agg((select own_row_v1(u) from users u where u.phone_number = asked) order by place)
            from jsonb_array_elements_text(doc -> 'phoneNumbers') with ordinality a(asked, place));
        end if;
        return (
          select jsonb_agg((
            select own_row_v1(u) from users u
            where u.id = case when asked ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then asked::uuid end) order by place)
          from jsonb_array_elements_text(doc -> 'userIds') with ordinality a(asked, place));`,
    ),
    batchFunction(
      'make_own_users',
      'jsonb',
      'answer jsonb;',
      `with made as (
          insert into users (id, phone_number, profile, password_hash, created_at, phone_number_verified_at)
            select (g.columns ->> 'id')::uuid, g.number, g.columns -> 'profile', g.columns ->> 'password_hash', g.now, g.now
            from jsonb_to_recordset(doc) g(number text, now bigint, columns jsonb) order by g.number
            on conflict (phone_number) do nothing returning users as u)
          select jsonb_object_agg((u).phone_number, own_row_v1(u)) into answer from made;
        return answer;`,
    ),
    batchFunction(
      'renew_own_users',
      'jsonb',
      '',
      `perform durable_v1();
        perform 1 from users u where u.id = any(array(select (g ->> 'userId')::uuid from jsonb_array_elements(doc) g)) order by u.id for no key update;
        update users u set phone_number_verified_at = g.now from jsonb_to_recordset(doc) g("userId" uuid, "phoneNumber" text, now bigint)
          where u.id = g."userId" and u.phone_number = g."phoneNumber" and u.phone_number_verified_at < g.now;
        return null;`,
    ),
    // In the order of the numbers; null where there is nobody.
    part(
      'people_of_v3(theirs jsonb, numbers jsonb) returns jsonb',
      `${table} answer jsonb;`,
      `if (theirs -> 'isOwn')::boolean then
          return ${own('find_own_users')}(jsonb_build_object('phoneNumbers', numbers));
        end if;
        users := ${schema}.table_of_v1(this);
        execute format('select jsonb_agg((select %s from %s u where %I = a.asked limit 1) order by a.place)
            from jsonb_array_elements_text($1) with ordinality a(asked, place)', ${schema}.user_columns_v1(this), users, this ->> 'phoneNumber')
          into answer using numbers;
        return answer;`,
    ),
    // An id that the column's type cannot take belongs to nobody, and '07' is not 7.
    part(
      'people_named_v3(theirs jsonb, ids jsonb) returns jsonb',
      `${table} kind text; answer jsonb;`,
      `if (theirs -> 'isOwn')::boolean then
          return ${own('find_own_users')}(jsonb_build_object('userIds', ids));
        end if;
        users := ${schema}.table_of_v1(this);
        select format_type(atttypid, -1) into kind from pg_attribute where attrelid = users and attname = this ->> 'id' and attnum > 0;
        begin
          execute format('select jsonb_agg((select %1$s from %2$s u where %3$I = a.asked::%4$s and a.asked::%4$s::text = a.asked limit 1) order by a.place)
              from jsonb_array_elements_text($1) with ordinality a(asked, place)',
              ${schema}.user_columns_v1(this), users, this ->> 'id', coalesce(kind, 'text'))
            into answer using ids;
        exception when data_exception then
          select jsonb_agg(${schema}.${functionOf('find_user')}(jsonb_build_object('of', this, 'userId', asked)) order by place) into answer
            from jsonb_array_elements_text(ids) with ordinality a(asked, place);
        end;
        return answer;`,
    ),
    // Those of `given` that could be made together, by number; of the others the verb for one has more to say.
    part(
      'made_people_v3(theirs jsonb, given jsonb) returns jsonb',
      `${table} fresh jsonb[]; person jsonb; fields text[]; wants_id boolean; moments jsonb; moment jsonb; names text; typed text; answer jsonb;`,
      `if (theirs -> 'isOwn')::boolean then
          return ${own('make_own_users')}(given);
        end if;
        users := ${schema}.table_of_v1(this);
        wants_id := not ${schema}.has_default_v1(users, this ->> 'id');
        for k in 0 .. jsonb_array_length(given) - 1 loop
          if moment is distinct from given #> array[k::text, 'now'] then
            moment := given #> array[k::text, 'now'];
            moments := ${schema}.moments_v1(users, this -> 'setAtCreation', moment);
          end if;
          person := given #> array[k::text, 'columns'] || moments;
          if wants_id and not person ? (this ->> 'id') then
            person := person || jsonb_build_object(this ->> 'id', given #> array[k::text, 'id']);
          end if;
          -- An object may be a misfit, and a column that is not named has its default.
          continue when exists (select from jsonb_each(person) where jsonb_typeof(value) in ('object', 'array'));
          fields := coalesce(fields, array(select jsonb_object_keys(person)));
          continue when not (person ?& fields and fields @> array(select jsonb_object_keys(person)));
          fresh := fresh || person;
        end loop;
        if fresh is null then
          return null;
        end if;
        select * into names, typed from ${schema}.columns_v1(users, fresh[1]);
        execute format('with made as (
            insert into %1$s (%2$s) select %2$s from jsonb_to_recordset($1) as given(%3$s) order by %4$I
            on conflict (%4$I) where %4$I is not null do nothing returning %5$s as made)
            select jsonb_object_agg(made -> ''row'' ->> $2, made) from made m', users, names, typed, this ->> 'phoneNumber',
            ${schema}.user_columns_v1(this))
          into answer using to_jsonb(fresh), this ->> 'phoneNumber';
        if exists (select from jsonb_object_keys(answer) number where number not in (select g ->> 'number' from jsonb_array_elements(given) g)) then
          raise exception 'ringlatch: the users table changes numbers' using errcode = 'serialization_failure';
        end if;
        return answer;`,
    ),
    // Locked in one order, that of their ids.
    part(
      'renewed_v3(theirs jsonb, due jsonb) returns void',
      `${table} seen_at text := theirs ->> 'verifiedAt'; id_type text; time_type text; one jsonb; moment jsonb; given jsonb[];`,
      `if due = '[]' then
          return;
        elsif (theirs -> 'isOwn')::boolean then
          perform ${own('renew_own_users')}(due);
          return;
        elsif jsonb_array_length(due) = 1 then
          perform ${schema}.${functionOf('set_phone_number_verified_at')}((due -> 0) || jsonb_build_object('of', this, 'column', seen_at));
          return;
        end if;
        perform ${schema}.durable_v1();
        users := ${schema}.table_of_v1(this);
        select format_type(i.atttypid, -1), format_type(t.atttypid, t.atttypmod) into id_type, time_type from pg_attribute i, pg_attribute t
          where i.attrelid = users and i.attname = this ->> 'id' and t.attrelid = users and t.attname = seen_at;
        for k in 0 .. jsonb_array_length(due) - 1 loop
          if moment is null or one -> 'now' <> due -> k -> 'now' then
            moment := ${schema}.moments_v1(users, jsonb_build_array(seen_at), due -> k -> 'now') -> seen_at;
          end if;
          one := (due -> k) || jsonb_build_object('moment', moment);
          given := given || one;
        end loop;
        execute format('select 1 from %1$s where %2$I = any(array(select (g ->> ''userId'')::%3$s from jsonb_array_elements($1) g))
            order by %2$I for no key update', users, this ->> 'id', id_type) using due;
        execute format('update %1$s u set %2$I = g.moment from jsonb_to_recordset($1) as g("userId" text, "phoneNumber" text, moment %3$s)
            where u.%4$I = g."userId"::%5$s and u.%6$I = g."phoneNumber" and (u.%2$I is null or u.%2$I < g.moment)',
            users, seen_at, time_type, this ->> 'id', id_type, this ->> 'phoneNumber') using to_jsonb(given);`,
    ),
  ].join('\n');
}
