import type { Violation } from './check-history.ts';
import type { History, Operation, Span } from './history.ts';
import { groupsOf, hullOf, isBefore, mayLieWithin } from './history-order.ts';

type UserCall = Extract<Operation, { port: 'users' }>;

/** A sign that an account had a number at some moment of a call. */
interface Holding extends Span {
  readonly operation: UserCall;
  readonly phoneNumber: string;
  readonly userId: string;
}

/** I5 in a history. */
export function userViolations(history: History): readonly Violation[] {
  const calls = history.filter((operation): operation is UserCall => operation.port === 'users');
  const holdings = calls.flatMap(holdingOf);
  return [
    ...[...groupsOf(holdings, ({ phoneNumber }) => phoneNumber)].flatMap(([phoneNumber, group]) => {
      const pair = contradictionIn(group, calls);
      return pair === null ? [] : [{ invariant: 'I5' as const, message: `number ${phoneNumber} had two accounts`, operations: pair }];
    }),
    ...[...groupsOf(calls, createdId)].flatMap(([userId, group]) =>
      group.length < 2 ? [] : [{ invariant: 'I5' as const, message: `the id ${userId} was given to two accounts`, operations: group }],
    ),
  ];
}

function createdId({ verb, answer }: UserCall): string | null {
  return verb === 'create' && answer?.is === 'created' ? answer.user.id : null;
}

function holdingOf(operation: UserCall): readonly Holding[] {
  const { began, ended, verb, answer } = operation;
  const holding = (user: { readonly id: string; readonly phoneNumber: string | null } | null): readonly Holding[] =>
    user === null || user.phoneNumber === null ? [] : [{ began, ended, operation, phoneNumber: user.phoneNumber, userId: user.id }];
  if (verb === 'create') return answer?.is === 'created' ? holding(answer.user) : [];
  if (verb === 'setPhoneNumber') return answer?.is === 'set' ? holding(answer.user) : [];
  return verb === 'findById' || verb === 'findByPhoneNumber' ? holding(answer) : [];
}

function contradictionIn(holdings: readonly Holding[], calls: readonly UserCall[]): readonly Operation[] | null {
  const byUser = groupsOf(holdings, ({ userId }) => userId);
  if (byUser.size < 2) return null;
  const leavings = groupsOf(calls.filter(mayRelease), ({ input }) => (input as { readonly userId: string }).userId);
  const mayPrecede = (first: Holding, second: Holding): boolean =>
    !isBefore(second, first) &&
    (leavings.get(first.userId) ?? []).some((leaving) => leaves(leaving, first) && mayLieWithin(leaving, hullOf(first, second)));
  for (const [index, first] of holdings.entries()) {
    for (const second of holdings.slice(index + 1)) {
      if (first.userId !== second.userId && !mayPrecede(first, second) && !mayPrecede(second, first))
        return [first.operation, second.operation];
    }
  }
  return null;
}

function mayRelease({ verb, answer }: UserCall): boolean {
  return verb === 'delete' ? answer !== false : verb === 'setPhoneNumber' && (answer === null || answer.is === 'set');
}

function leaves({ verb, input }: UserCall, holding: Holding): boolean {
  return verb === 'delete' || (verb === 'setPhoneNumber' && input.phoneNumber !== holding.phoneNumber);
}
