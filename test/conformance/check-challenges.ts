import type { Violation } from './check-history.ts';
import type { History, Operation, Span } from './history.ts';
import { groupsOf, isBefore, stretchesOf } from './history-order.ts';

type Issue = Extract<Operation, { verb: 'issue' }>;
type Redeem = Extract<Operation, { verb: 'redeem' }>;
type NextSend = Extract<Operation, { verb: 'nextSend' }>;

/** What one making of a row allows. */
interface Grant extends Span {
  readonly amount: number;
}

/** A look at the attempts of a row. */
interface Look extends Span {
  readonly operation: Issue | Redeem | NextSend;
  readonly attemptsLeft: number;
  /** It paid one. */
  readonly paid: boolean;
}

/** I1, I2 and I3 in a history. */
export function challengeViolations(history: History): readonly Violation[] {
  const operations = history.filter((operation): operation is Issue | Redeem | NextSend =>
    ['issue', 'redeem', 'nextSend'].includes(operation.verb),
  );
  return [...groupsOf(operations, rowOf)].flatMap(([id, group]) => violationsOf(id, group));
}

function violationsOf(id: string, operations: readonly (Issue | Redeem | NextSend)[]): readonly Violation[] {
  const issues = operations.filter((operation): operation is Issue => operation.verb === 'issue');
  const makings = issues.filter(mayHaveMade);
  const judged = operations.filter((operation): operation is Redeem => operation.verb === 'redeem' && isJudged(operation));
  const accepted = judged.filter(({ input, answer }) => answer?.is === 'accepted' && !input.keep);
  const seen = seenMaxAttempts(operations);
  const one = makings.length > 0 ? makings.map((span) => ({ ...span, amount: 1 })) : [{ ...BEFORE_ALL, amount: 1 }];
  const attempts =
    makings.length > 0
      ? makings.map((issue) => ({ ...issue, amount: issue.input.challenge.maxAttempts }))
      : [{ ...BEFORE_ALL, amount: seen ?? Number.POSITIVE_INFINITY }];
  const violation = (invariant: Violation['invariant'], message: string, calls: readonly Operation[] | null): readonly Violation[] =>
    calls === null ? [] : [{ invariant, message: `challenge ${id} ${message}`, operations: calls }];
  return [
    ...violation('I1', 'was accepted more than once', overdrawn(accepted, one)),
    ...violation('I2', 'judged more codes than it has attempts', overdrawn(judged, attempts)),
    ...violation('I3', 'got attempts back', risen(operations, makings)),
  ];
}

const BEFORE_ALL: Span = { began: -2, ended: -1 };

function rowOf(operation: Issue | Redeem | NextSend): string {
  if (operation.verb !== 'issue') return operation.input.id;
  const { answer, input } = operation;
  return answer !== null && 'challenge' in answer ? answer.challenge.id : input.challenge.id;
}

function mayHaveMade({ answer }: Issue): boolean {
  return answer === null || answer.is === 'issued';
}

function isJudged({ answer }: Redeem): boolean {
  return answer?.is === 'accepted' || answer?.is === 'wrong';
}

function seenMaxAttempts(operations: readonly (Issue | Redeem | NextSend)[]): number | undefined {
  for (const { answer } of operations) if (answer !== null && 'challenge' in answer) return answer.challenge.maxAttempts;
  return undefined;
}

// The first calls that together spent more than the rows allow which may have been there from the end of one making on.
function overdrawn(spends: readonly Operation[], grants: readonly Grant[]): readonly Operation[] | null {
  for (const from of [BEFORE_ALL, ...grants]) {
    const since = from.ended;
    if (since === null) continue;
    const open = grants.filter((grant) => !grants.some((next) => isBefore(grant, next) && next.ended !== null && next.ended <= since));
    const spent = spends.filter((spend) => spend.began >= since).toSorted((a, b) => (a.ended ?? 0) - (b.ended ?? 0));
    for (const [index, { ended }] of spent.entries()) {
      const allowed = open.reduce((sum, grant) => sum + (ended !== null && grant.began < ended ? grant.amount : 0), 0);
      if (index + 1 > allowed) return spent.slice(0, index + 1);
    }
  }
  return null;
}

function risen(operations: readonly (Issue | Redeem | NextSend)[], makings: readonly Span[]): readonly Operation[] | null {
  for (const stretch of stretchesOf(operations.flatMap(lookOf), makings)) {
    const paid = new Map<number, Look>();
    for (const look of stretch) {
      const other = paid.get(look.attemptsLeft);
      if (look.paid && other !== undefined) return [other.operation, look.operation];
      if (look.paid) paid.set(look.attemptsLeft, look);
    }
    const byEnd = stretch.toSorted((a, b) => (a.ended ?? 0) - (b.ended ?? 0));
    let fewest: Look | null = null;
    let next = 0;
    for (const look of stretch.toSorted((a, b) => a.began - b.began)) {
      for (let earlier = byEnd[next]; earlier !== undefined && isBefore(earlier, look); earlier = byEnd[++next]) {
        if (fewest === null || earlier.attemptsLeft < fewest.attemptsLeft) fewest = earlier;
      }
      const most = look.paid ? look.attemptsLeft + 1 : look.attemptsLeft;
      if (fewest !== null && most > fewest.attemptsLeft) return [fewest.operation, look.operation];
    }
  }
  return null;
}

function lookOf(operation: Issue | Redeem | NextSend): readonly Look[] {
  const { began, ended, answer } = operation;
  const look = (attemptsLeft: number, paid: boolean): readonly Look[] => [{ began, ended, operation, attemptsLeft, paid }];
  switch (answer?.is) {
    case 'wrong':
      return look(answer.attemptsLeft, true);
    case 'accepted':
      return look(answer.challenge.attemptsLeft, true);
    case 'resent':
    case 'repeated':
    case 'next':
      return look(answer.challenge.attemptsLeft, false);
    default:
      return [];
  }
}
