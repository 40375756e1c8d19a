import { batches } from './postgres-batches.ts';
import { chargesOf, type PostgresCharges } from './postgres-charges.ts';
import { asksOf, type PostgresDatabase } from './postgres-database.ts';
import { isUndone } from './postgres-errors.ts';
import { type JsonCodec, quoted } from './postgres-text.ts';

/** A verb that charges counters. */
export interface PostgresOperation extends PostgresCharges {
  readonly verb: 'issue' | 'redeem' | 'take' | 'next_send';
  /** Of the challenge that it is about. */
  readonly id: string | null;
  /** What else the function takes. */
  readonly input: object;
}

/** Runs one operation; gives what its function answers. */
export type PostgresRun = <Answer>(operation: PostgresOperation) => Promise<Answer>;

// Whom everybody charges waits for no disk while it is held.
const SHARED = 'system';

/** What `run_v3` takes of several operations, and whether they charge what everybody charges. */
export interface RunInput {
  readonly run: object;
  readonly isShared: boolean;
}

/** Makes a {@link PostgresRun} for the functions of a schema. */
export function runsOf(database: PostgresDatabase, schema: string, codec: JsonCodec, isCoalescing: boolean): PostgresRun {
  const ask = asksOf(database, schema, codec);
  const name = quoted(schema);
  async function send(operations: readonly PostgresOperation[]): Promise<readonly unknown[]> {
    const { run, isShared } = runInput(operations);
    return ask<readonly unknown[]>(`call ${name}.commit_v3($1::text::jsonb, ${isShared}, null)`, run);
  }
  const sendOne = isCoalescing
    ? batches<PostgresOperation, unknown>({ send, ownerOf, isUndone })
    : async (operation: PostgresOperation) => (await send([operation]))[0];
  return async <Answer>(operation: PostgresOperation) => (await sendOne(operation)) as Answer;
}

/** Several operations as one run. */
export function runInput(operations: readonly PostgresOperation[]): RunInput {
  const { slots, all, each } = chargesOf(operations);
  const ops = operations.map(({ verb, id, input }, index) => ({ verb, id, ...input, ...each[index] }));
  return { run: { ...all, ops }, isShared: slots.includes(SHARED) };
}

/** What the function of one verb alone takes. */
export function inputOf({ verb, id, input, ...charges }: PostgresOperation): object {
  const { all, each } = chargesOf([charges]);
  return { ...all, verb, id, ...input, ...each[0] };
}

/** Whose challenge it is about: its id begins with the key of its number, which is 16 characters long. */
export function ownerOf({ id }: PostgresOperation): string | null {
  return id === null ? null : id.slice(0, 16);
}
