import { batches } from './postgres-batches.ts';
import { type JoinedCodecs, type JoinedPostgresCall, joinedCallsAlone, joinedRow, type PostgresDatabase } from './postgres-database.ts';
import { isUndone } from './postgres-errors.ts';
import { CHARGED_PARTS } from './postgres-joined-batch-functions.ts';
import { literal, quoted } from './postgres-text.ts';

interface Halves {
  readonly ours: object;
  readonly theirs: object;
}
type Answers = Awaited<ReturnType<JoinedPostgresCall>>;

/**
 * Makes a {@link JoinedPostgresCall} for the functions of a schema. Where they coalesce, calls of one verb that charges counters share a trip when
 * they wait at the same moment.
 */
export function joinedCallsTo(database: PostgresDatabase, schema: string, codecs: JoinedCodecs, isCoalescing: boolean): JoinedPostgresCall {
  const alone = joinedCallsAlone(database, schema, codecs);
  // What everybody charges is let go of early by a procedure, also for one.
  const parts = Object.entries(CHARGED_PARTS).filter(([, part]) => isCoalescing || part === 'issue');
  const lanes = new Map(parts.map(([verb, part]) => [verb, laneOf(verb, part)]));

  function laneOf(verb: string, part: string): (operation: Halves) => Promise<Answers> {
    const text = `call ${quoted(schema)}.commit_joined_v3(${literal(verb)}, ${literal(part)}, $1::text::jsonb, $2::text::jsonb, null, null)`;
    async function send(operations: readonly Halves[]): Promise<readonly Answers[]> {
      const values = [
        codecs.ours.stringify(operations.map(({ ours }) => ours)),
        codecs.theirs.stringify(operations.map(({ theirs }) => theirs)),
      ];
      const { ours, theirs } = await joinedRow<readonly unknown[], readonly unknown[]>(database, schema, codecs, text, values);
      return operations.map((_, index) => ({ ours: ours[index], theirs: theirs[index] }));
    }
    // A challenge's id begins with the key of its number, which is 16 characters long.
    const ownerOf = ({ ours }: Halves): string | null => idOf(ours, part)?.slice(0, 16) ?? null;
    return isCoalescing
      ? batches<Halves, Answers>({ send, ownerOf, isUndone })
      : async (operation) => (await send([operation]))[0] as Answers;
  }

  return async <Ours, Theirs>(verb: string, ours: object, theirs: object) => {
    const lane = lanes.get(verb);
    if (lane === undefined) return alone<Ours, Theirs>(verb, ours, theirs);
    return (await lane({ ours, theirs })) as { readonly ours: Ours; readonly theirs: Theirs };
  };
}

function idOf(ours: object, part: string): string | null {
  const { id } = ((ours as Readonly<Record<string, unknown>>)[part] ?? {}) as { readonly id?: unknown };
  return typeof id === 'string' ? id : null;
}
