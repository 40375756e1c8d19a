import { type BatchSettings, batches } from './postgres-batches.ts';
import { type JoinedCodecs, type JoinedPostgresCall, joinedCallsAlone, joinedRow, type PostgresDatabase } from './postgres-database.ts';
import { isUndone } from './postgres-errors.ts';
import { type JoinedSignIn, type JoinedVerbs, joinedAlone } from './postgres-joined-verbs.ts';
import { ownerOf, runInput } from './postgres-runs.ts';
import { draftInBatch } from './postgres-sessions.ts';
import { quoted } from './postgres-text.ts';

/** How operations of one joined verb travel together. */
interface Lane<Operation, Answer> {
  readonly verb: string;
  readonly ownerOf: (operation: Operation) => string | null;
  readonly write: (operations: readonly Operation[]) => { readonly ours: object; readonly theirs: object };
  /** What one of them answers, by its place. */
  readonly read: (ours: never, theirs: never, index: number) => Answer;
}

type Operation<Verb extends keyof JoinedVerbs> = Parameters<JoinedVerbs[Verb]>[0];
type Answer<Verb extends keyof JoinedVerbs> = Awaited<ReturnType<JoinedVerbs[Verb]>>;
type List<Item> = readonly Item[];

/** What joined verbs are called with. */
interface JoinedSettings {
  /** The table of users. */
  readonly table: object;
  readonly isCoalescing: boolean;
}

/** Makes {@link JoinedVerbs} for the functions of a schema. Where they coalesce, calls of one verb that wait at the same moment share a trip. */
export function joinedVerbsTo(
  database: PostgresDatabase,
  schema: string,
  codecs: JoinedCodecs,
  settings: JoinedSettings,
): { readonly call: JoinedPostgresCall; readonly verbs: JoinedVerbs } {
  const call = joinedCallsAlone(database, schema, codecs);
  const together = joinedBatches(database, schema, codecs, settings);
  // What everybody charges is let go of early by a procedure, also for one.
  return { call, verbs: settings.isCoalescing ? together : { ...together, ...joinedAlone(call, settings.table) } };
}

function joinedBatches(
  database: PostgresDatabase,
  schema: string,
  codecs: JoinedCodecs,
  { table, isCoalescing }: JoinedSettings,
): JoinedVerbs {
  function open<Op, Given>(lane: Lane<Op, Given>): (operation: Op) => Promise<Given> {
    const text = `call ${quoted(schema)}.commit_${lane.verb}_v3($1::text::jsonb, $2::text::jsonb, null, null)`;
    const send: BatchSettings<Op, Given>['send'] = async (operations) => {
      const { ours, theirs } = lane.write(operations);
      const values = [codecs.ours.stringify(ours), codecs.theirs.stringify({ ...table, ...theirs })];
      const answer = await joinedRow<never, never>(database, schema, codecs, text, values);
      return operations.map((_, index) => lane.read(answer.ours, answer.theirs, index));
    };
    return isCoalescing ? batches({ send, ownerOf: lane.ownerOf, isUndone }) : async (operation) => (await send([operation]))[0] as Given;
  }

  const issue: Lane<Operation<'issue'>, Answer<'issue'>> = {
    verb: 'issue_joined',
    ownerOf: ({ run }) => ownerOf(run),
    write: (operations) => ({
      ours: {
        ...runInput(operations.map(({ run }) => run)),
        phoneNumbers: operations.map(({ phoneNumber }) => phoneNumber),
        expects: operations.map(({ expects }) => expects),
      },
      theirs: {},
    }),
    read: (issued: List<Answer<'issue'>['issued']>, isKnown: List<boolean>, index) => ({
      issued: issued[index] as Answer<'issue'>['issued'],
      isKnown: isKnown[index] === true,
    }),
  };
  const signIn: Lane<JoinedSignIn, Answer<'signIn'>> = {
    verb: 'sign_in',
    ownerOf: ({ run }) => ownerOf(run),
    write: (operations) => ({
      ours: {
        ...runInput(operations.map(({ run }) => run)),
        ops: operations.map(({ run: { now }, accounts, session }) => ({
          ...{ now, accounts },
          session: session === null ? null : { ...session, ...draftInBatch(session.draft) },
        })),
      },
      theirs: { ops: operations.map(({ making }) => making) },
    }),
    read: (
      { redeemed, opened }: { readonly redeemed: List<Answer<'signIn'>['redeemed']>; readonly opened: List<Answer<'signIn'>['opened']> },
      accounts: List<Answer<'signIn'>['account']>,
      index,
    ) => ({
      redeemed: redeemed[index] as Answer<'signIn'>['redeemed'],
      opened: opened[index] ?? null,
      account: accounts[index] as Answer<'signIn'>['account'],
    }),
  };
  const refresh: Lane<Operation<'refresh'>, Answer<'refresh'>> = {
    verb: 'refresh',
    ownerOf: ({ rotate }) => rotate.sessionId,
    write: (operations) => ({
      ours: operations.map(({ checksDisabled, rotate }) => ({ checksDisabled, rotate })),
      theirs: { userIds: operations.map(({ userId }) => userId) },
    }),
    read: (rotated: List<Answer<'refresh'>['rotated']>, users: List<Answer<'refresh'>['user']>, index) => ({
      rotated: rotated[index] ?? null,
      user: users[index] ?? null,
    }),
  };
  return { issue: open(issue), signIn: open(signIn), refresh: open(refresh) };
}
