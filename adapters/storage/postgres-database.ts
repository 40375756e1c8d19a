import { functionOf } from './postgres-functions.ts';
import { type JsonCodec, quoted } from './postgres-text.ts';

/** The part of a database that is used: a `Pool` or `Client` of `pg`, a `PGlite` and the `Pool` of Neon fit as they are. */
export interface PostgresDatabase {
  query(text: string, values: string[]): Promise<{ readonly rows: readonly unknown[] }>;
}

/** The part of postgres.js that is used. */
export interface PostgresJs {
  unsafe(text: string, values: string[]): PromiseLike<readonly unknown[]>;
}

/**
 * Makes postgres.js fit.
 *
 * @example
 * ```ts
 * import postgres from 'postgres';
 * import { fromPostgresJs, postgresStorage } from 'ringlatch/postgres';
 *
 * const storage = postgresStorage(fromPostgresJs(postgres('postgres://localhost/app')));
 * ```
 */
export function fromPostgresJs(sql: PostgresJs): PostgresDatabase {
  return { query: async (text, values) => ({ rows: await sql.unsafe(text, values) }) };
}

/** Calls one installed function with one JSON document, in one round trip; gives the JSON that it answers. */
export type PostgresCall = <Answer>(verb: string, input: object) => Promise<Answer>;

/** Makes a {@link PostgresCall} for the functions of a schema. */
export function callsTo(database: PostgresDatabase, schema: string, codec: JsonCodec): PostgresCall {
  const ask = asksOf(database, schema, codec);
  // As text both ways: drivers differ in how they write and read JSON, and can be told to do it otherwise.
  return (verb, input) => ask(`select ${quoted(schema)}.${functionOf(verb)}($1::text::jsonb)::text as answer`, input);
}

/** Sends one statement that takes one JSON document and answers one. */
export type PostgresAsk = <Answer>(text: string, input: object) => Promise<Answer>;

/** Makes a {@link PostgresAsk}. */
export function asksOf(database: PostgresDatabase, schema: string, codec: JsonCodec): PostgresAsk {
  return async <Answer>(text: string, input: object) => {
    const [answer] = await onlyRow(database, schema, text, [codec.stringify(input)]);
    return (typeof answer === 'string' ? codec.parse(answer) : null) as Answer;
  };
}

/** Sends one statement that answers one JSON document; `null`: it answers none. */
export type PostgresQuery = <Answer>(text: string, values: string[]) => Promise<Answer | null>;

/** Makes a {@link PostgresQuery}. */
export function queriesTo(database: PostgresDatabase, schema: string, codec: JsonCodec): PostgresQuery {
  return async <Answer>(text: string, values: string[]) => {
    const [row] = await rowsOf(database, schema, text, values);
    const [answer] = row ?? [];
    return typeof answer === 'string' ? (codec.parse(answer) as Answer) : null;
  };
}

/** Calls one installed function of which one half is this library's, and one what others read too: each in its own encoding, both ways. */
export type JoinedPostgresCall = <Ours, Theirs>(
  verb: string,
  ours: object,
  theirs: object,
) => Promise<{ readonly ours: Ours; readonly theirs: Theirs }>;

/** How each half is written and read. */
export interface JoinedCodecs {
  readonly ours: JsonCodec;
  readonly theirs: JsonCodec;
}

/** Makes a {@link JoinedPostgresCall} for the functions of a schema, each of which is called alone. */
export function joinedCallsAlone(database: PostgresDatabase, schema: string, codecs: JoinedCodecs): JoinedPostgresCall {
  return <Ours, Theirs>(verb: string, ours: object, theirs: object) => {
    const called = `${quoted(schema)}.${functionOf(verb)}($1::text::jsonb, $2::text::jsonb)`;
    const text = `select answer ->> 'ours' as ours, answer ->> 'theirs' as theirs from ${called} as answer`;
    return joinedRow<Ours, Theirs>(database, schema, codecs, text, [codecs.ours.stringify(ours), codecs.theirs.stringify(theirs)]);
  };
}

/** Sends one statement that answers two halves. */
export async function joinedRow<Ours, Theirs>(
  database: PostgresDatabase,
  schema: string,
  codecs: JoinedCodecs,
  text: string,
  values: string[],
): Promise<{ readonly ours: Ours; readonly theirs: Theirs }> {
  const [first, second] = await onlyRow(database, schema, text, values);
  return {
    ours: (typeof first === 'string' ? codecs.ours.parse(first) : null) as Ours,
    theirs: (typeof second === 'string' ? codecs.theirs.parse(second) : null) as Theirs,
  };
}

async function onlyRow(database: PostgresDatabase, schema: string, text: string, values: string[]): Promise<readonly unknown[]> {
  const [row, ...others] = await rowsOf(database, schema, text, values);
  if (row === undefined || others.length > 0) throw notRows();
  return row;
}

async function rowsOf(
  database: PostgresDatabase,
  schema: string,
  text: string,
  values: string[],
): Promise<readonly (readonly unknown[])[]> {
  let rows: readonly unknown[];
  try {
    rows = (await database.query(text, values)).rows;
  } catch (error) {
    throw explained(error, schema);
  }
  if (!Array.isArray(rows)) throw notRows();
  return rows.map((row) => Object.values(row as Readonly<Record<string, unknown>>));
}

function notRows(): Error {
  return new Error('postgresStorage: query(text, values) must answer { rows }.');
}

function explained(error: unknown, schema: string): unknown {
  const { code, message } = (typeof error === 'object' && error !== null ? error : {}) as { code?: unknown; message?: unknown };
  const advice = adviceOn(code, String(message), schema);
  return advice === null ? error : Object.assign(new Error(`postgresStorage: ${message}. ${advice}`, { cause: error }), { code });
}

// By SQLSTATE. An undefined function or table can also be one that a trigger of the consumer's table misses.
function adviceOn(code: unknown, message: string, schema: string): string | null {
  const isOurs =
    code === '3F000' ||
    (code === '42704' && message.startsWith('type ')) ||
    (code === '42883' && /_v\d+\((?:jsonb|unknown)[^)]*\)/.test(message)) ||
    (code === '42P01' && !message.includes('search path'));
  if (isOurs) return `Run migrate(db, { schema: '${schema}' }) of this release, or the SQL of postgresSchema().`;
  if (code === '2D000') return 'A verb is a transaction of its own: pass a pool, not a client inside a transaction.';
  if (code === '42P10') return 'The phone number of users must be unique in the database: create a unique index on its column.';
  return null;
}
