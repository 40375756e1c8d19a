import { batchFunctionOf } from './postgres-batch-function.ts';
import { batches } from './postgres-batches.ts';
import { asksOf, callsTo, type PostgresCall, type PostgresDatabase } from './postgres-database.ts';
import { isUndone } from './postgres-errors.ts';
import { type JsonCodec, quoted } from './postgres-text.ts';

/** A verb of the session store for many, and whose one operation is. */
interface Shared {
  readonly verb: string;
  readonly ownerOf: (input: never) => string;
}

const SHARED: Readonly<Record<string, Shared>> = {
  create_session: {
    verb: 'create_sessions',
    ownerOf: ({ session }: { readonly session: { readonly user_id: string } }) => session.user_id,
  },
  rotate_session: { verb: 'rotate_sessions', ownerOf: ({ sessionId }: { readonly sessionId: string }) => sessionId },
};

/** Makes a {@link PostgresCall} for the functions of sessions: calls of one verb that wait at the same moment share a trip. */
export function coalescingSessionCalls(database: PostgresDatabase, schema: string, codec: JsonCodec): PostgresCall {
  const call = callsTo(database, schema, codec);
  const ask = asksOf(database, schema, codec);
  const lanes = new Map(Object.entries(SHARED).map(([verb, shared]) => [verb, laneOf(shared)]));

  function laneOf({ verb, ownerOf }: Shared): (input: object) => Promise<unknown> {
    const text = `select ${quoted(schema)}.${batchFunctionOf(verb)}($1::text::jsonb)::text as answer`;
    const send = (inputs: readonly object[]): Promise<readonly unknown[]> => ask(text, inputs);
    return batches({ send, ownerOf: (input) => ownerOf(input as never), isUndone });
  }

  return async <Answer>(verb: string, input: object) => {
    const lane = lanes.get(verb);
    return lane === undefined ? call<Answer>(verb, input) : ((await lane(input)) as Answer);
  };
}
