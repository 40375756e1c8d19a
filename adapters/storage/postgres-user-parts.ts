import { dollarQuoted, literal } from './postgres-text.ts';

/** What the verbs of the user store ask the catalog about a table. */
export function userParts(schema: string): string {
  const part = (signature: string, declarations: string, statements: string): string => `
    create function ${signature} language plpgsql stable as ${dollarQuoted(`
      declare
        ${declarations}
      begin
        ${statements}
      end`)};`;
  return [
    part(
      'table_of_v1(this jsonb) returns regclass',
      `name text := case when this ->> 'schema' is null then format('%I', this ->> 'table') else format('%I.%I', this ->> 'schema', this ->> 'table') end;`,
      `if to_regclass(name) is null then
          raise exception 'the users table % does not exist, or is not on the search path', name using errcode = 'undefined_table';
        end if;
        return to_regclass(name);`,
    ),
    // An id that the column's type cannot take belongs to nobody, and '07' is not 7.
    part(
      'is_user_v1(this jsonb, users regclass, user_id text) returns text',
      `kind text; is_exact boolean;`,
      `select format_type(atttypid, -1) into kind from pg_attribute where attrelid = users and attname = this ->> 'id' and attnum > 0;
        if kind is null then
          raise exception 'column % of % does not exist', quote_ident(this ->> 'id'), users using errcode = 'undefined_column';
        end if;
        if kind <> 'text' then
          begin
            execute format('select $1::%s::text = $1', kind) into is_exact using user_id;
          exception when data_exception then
            is_exact := false;
          end;
        end if;
        return case when is_exact is false then '$1 is null' else format('%I = $1::%s', this ->> 'id', kind) end;`,
    ),
    part(
      'user_columns_v1(this jsonb) returns text',
      '',
      `return (
          select format('jsonb_build_object(''id'', %I::text, ''row'', (select to_jsonb(r) from (select %s) r))',
            this ->> 'id', string_agg(quote_ident(name), ', '))
          from jsonb_array_elements_text(this -> 'reads') name);`,
    ),
    part(
      'columns_v1(users regclass, given jsonb, out names text, out typed text)',
      `unknown text := (
          select string_agg(quote_ident(name), ', ') from jsonb_object_keys(given) name
          where not exists (select from pg_attribute where attrelid = users and attname = name and attnum > 0 and not attisdropped));`,
      `if unknown is not null then
          raise exception 'column % of % does not exist', unknown, users using errcode = 'undefined_column';
        end if;
        select string_agg(quote_ident(attname), ', '), string_agg(format('%I %s', attname, format_type(atttypid, atttypmod)), ', ')
          into names, typed
          from pg_attribute where attrelid = users and attnum > 0 and not attisdropped and given ? attname;`,
    ),
    part(
      'has_default_v1(users regclass, name text) returns boolean',
      '',
      `return exists (select from pg_attribute where attrelid = users and attname = name and (atthasdef or attidentity <> ''));`,
    ),
    // Epoch ms, or the same moment where the column holds dates and times; UTC where it does not say which.
    part(
      'moments_v1(users regclass, names jsonb, now jsonb) returns jsonb',
      'moment timestamptz := to_timestamp(now::bigint / 1000.0);',
      `return (
          select coalesce(jsonb_object_agg(name, case
              when atttypid = 'timestamptz'::regtype then to_jsonb(moment)
              when typcategory = 'D' then to_jsonb(moment at time zone 'UTC')
              else now end), '{}')
          from jsonb_array_elements_text(names) name
          left join pg_attribute on attrelid = users and attname = name left join pg_type t on t.oid = atttypid);`,
    ),
    // A rule that nobody made would let duplicates in without a word.
    part(
      'check_rules_v1(rules jsonb) returns void',
      `missing text := (
          select string_agg(rules ->> rule, ', ') from jsonb_object_keys(rules) rule
          where not exists (
            select from pg_class where relname = rule and relnamespace = (select relnamespace from pg_class where oid = ${literal(`${schema}.users`)}::regclass)));`,
      `if missing is not null then
          raise exception 'no index keeps % unique: run migrate(db, { unique })', missing using errcode = 'undefined_object';
        end if;`,
    ),
    // An object would lie in a column of text as its JSON, and come back as a string.
    part(
      'misfits_v1(fields jsonb, users regclass, given jsonb) returns text[]',
      '',
      `return array(
          select fields ->> name from jsonb_each(given) g(name, value)
          join pg_attribute on attrelid = users and attname = name join pg_type t on t.oid = atttypid
          where fields ? name and jsonb_typeof(value) in ('object', 'array') and typcategory = 'S');`,
    ),
    // The profile fields that a constraint, an index or a NOT NULL is about; of a value that its column cannot take, the field with that value.
    part(
      'fields_at_fault_v1(doc jsonb, users regclass, given jsonb, rule text, culprit text) returns text[]',
      `at_fault text[]; held record;`,
      `if doc -> 'rules' ? rule then
          return array[doc -> 'rules' ->> rule];
        end if;
        at_fault := array(
          select doc -> 'fields' ->> attname::text from pg_attribute
          where attrelid = users and doc -> 'fields' ? attname and (attname = culprit or attnum in (
            select unnest(conkey) from pg_constraint where conrelid = users and conname = rule
            union select unnest(indkey) from pg_index join pg_class c on c.oid = indexrelid where indrelid = users and relname = rule)));
        for held in select attname, format_type(atttypid, atttypmod) as kind from pg_attribute
          where attrelid = users and attnum > 0 and given ? attname and doc -> 'fields' ? attname and rule = '' and culprit = ''
        loop
          begin
            execute format('select count(%1$I) from jsonb_to_record($1) as given(%1$I %2$s)', held.attname, held.kind) using given;
          exception when data_exception then
            at_fault := at_fault || (doc -> 'fields' ->> held.attname::text);
          end;
        end loop;
        return at_fault;`,
    ),
  ].join('\n');
}
