import type { UserRecord } from '../../src/ports/user-store.ts';
import type { PostgresCall, PostgresQuery } from './postgres-database.ts';
import { isUndone } from './postgres-errors.ts';
import { literal, quoted } from './postgres-text.ts';
import { columnsOf, isIdOf, isKeptBy, momentIn, OWN_COLUMNS, type UserColumns } from './postgres-user-columns.ts';
import type { UserAnswer, UsersShape, UsersTable } from './postgres-users.ts';

/** A database with users, and the schema of the functions of this library. */
export interface UsersDatabase {
  readonly call: PostgresCall;
  readonly query: PostgresQuery;
  readonly schema: string;
}

/** A user to be made. */
export interface UserToMake {
  /** The number among them, and the id where the library makes it. */
  readonly columns: Readonly<Record<string, unknown>>;
  /** Where the column has no default. */
  readonly id: string;
  readonly now: number;
}

/** What users are asked for most often. `undefined`: nothing was done, and the verb of that name has to judge it. */
export interface UserQueries {
  findById(userId: string): Promise<UserAnswer | null | undefined>;
  findByPhoneNumber(phoneNumber: string): Promise<UserAnswer | null | undefined>;
  passwordHashOf(userId: string): Promise<string | null | undefined>;
  /** `null`: somebody has the number. */
  create(user: UserToMake): Promise<UserAnswer | null | undefined>;
}

/**
 * One plain statement for each, over columns that the catalog was asked about once: the verbs ask it at each call, for several times what the
 * statement costs.
 */
export function userQueries<User extends UserRecord>({ query, schema }: UsersDatabase, shape: UsersShape<User, never>): UserQueries {
  const { of, whole, rules } = shape;
  const [table, number] = [tableOf(of), quoted(of.phoneNumber)];
  const person = `jsonb_build_object('id', ${quoted(of.id)}::text, 'row', ${rowOf(of.reads)})`;
  const guards = [`${quoted(schema)}.is_durable_v3()`, ...Object.keys(rules).map((rule) => isThere(schema, rule))].join(' and ');
  const own = whole === null ? null : Promise.resolve(OWN_COLUMNS);
  let asked: Promise<UserColumns | null> | null = own;

  async function tried<Answer>(statement: (columns: UserColumns) => Promise<Answer> | undefined): Promise<Answer | undefined> {
    try {
      asked ??= columnsOf(query, table);
      const columns = await asked;
      // The table may be made later.
      if (columns === null) asked = own;
      // Numbers are texts, and are compared as such.
      return columns?.[of.phoneNumber]?.category === 'S' ? await statement(columns) : undefined;
    } catch (error) {
      // The columns may have changed.
      asked = own;
      if (isUndone(error)) return undefined;
      throw error;
    }
  }

  function ofUser<Answer>(wanted: string, userId: string): Promise<Answer | null | undefined> {
    return tried((columns) => {
      const id = columns[of.id];
      if (id === undefined || !isIdOf(id, userId)) return undefined;
      return query<Answer>(`select (${wanted})::text as answer from ${table} where ${quoted(of.id)} = $1::text::${id.base}`, [userId]);
    });
  }

  return {
    findById: (userId) => ofUser(person, userId),
    findByPhoneNumber: (phoneNumber) =>
      tried(() => query<UserAnswer>(`select (${person})::text as answer from ${table} where ${number} = $1`, [phoneNumber])),
    passwordHashOf: (userId) => ofUser(`to_json(${quoted(of.passwordHash ?? '')})`, userId),
    create: (user) =>
      tried(async (columns) => {
        const given = Object.entries(valuesOf(user, of, columns));
        if (!given.every(([name, value]) => columns[name] !== undefined && isKeptBy(columns[name], value))) return undefined;
        const names = listed(given.map(([name]) => name));
        const typed = given.map(([name]) => `${quoted(name)} ${columns[name]?.type}`).join(', ');
        const made = `insert into ${table} (${names}) select ${names} from jsonb_to_record($1::text::jsonb) as given(${typed}) where ${guards}
          on conflict (${number}) where ${number} is not null do nothing returning ${person}`;
        const answer = await query<{ readonly user: UserAnswer | null }>(
          `with made(person) as (${made}) select json_build_object('user', (select person from made))::text as answer where ${guards}`,
          [JSON.stringify(Object.fromEntries(given))],
        );
        return answer === null ? undefined : answer.user;
      }),
  };
}

function valuesOf({ columns: given, id, now }: UserToMake, of: UsersTable, columns: UserColumns): Readonly<Record<string, unknown>> {
  const idColumn = columns[of.id];
  const moments = of.setAtCreation.map((name) => [name, columns[name] === undefined ? now : momentIn(columns[name], now)]);
  return { ...(idColumn?.hasDefault === false && { [of.id]: id }), ...given, ...Object.fromEntries(moments) };
}

function tableOf({ schema, table }: UsersTable): string {
  return schema === null ? quoted(table) : `${quoted(schema)}.${quoted(table)}`;
}

// A function takes at most a hundred arguments.
function rowOf(names: readonly string[]): string {
  const parts = Array.from({ length: Math.ceil(names.length / 50) }, (_, part) => names.slice(50 * part, 50 * part + 50));
  return parts.map((some) => `jsonb_build_object(${some.map((name) => `${literal(name)}, ${quoted(name)}`).join(', ')})`).join(' || ');
}

function listed(names: readonly string[]): string {
  return names.map(quoted).join(', ');
}

// A rule that nobody made would let duplicates in without a word.
function isThere(schema: string, index: string): string {
  return `to_regclass(${literal(`${quoted(schema)}.${quoted(index)}`)}) is not null`;
}
