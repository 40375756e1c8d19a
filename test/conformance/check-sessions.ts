import type { Violation } from './check-history.ts';
import type { History, Operation } from './history.ts';
import { groupsOf, isBefore } from './history-order.ts';

type SessionCall = Extract<Operation, { port: 'sessions' }>;
type Create = Extract<SessionCall, { verb: 'create' }>;
type Rotate = Extract<SessionCall, { verb: 'rotate' }>;

/** I6 in a history. */
export function sessionViolations(history: History): readonly Violation[] {
  const calls = history.filter((operation): operation is SessionCall => operation.port === 'sessions');
  const creates = groupsOf(calls.filter(isCreate), ({ input }) => input.session.id);
  return [...groupsOf(calls.filter(isRotate), ({ input }) => input.sessionId)].flatMap(([id, rotations]) => {
    const made = creates.get(id) ?? [];
    // A second row under one id is another session; ids are random.
    if (made.length > 1) return [];
    return [
      ...violation(id, 'has two successors of one generation', forkIn(rotations)),
      ...violation(id, 'refused an honest parallel refresh', refusalIn(rotations, made[0] ?? null, calls)),
    ];
  });
}

function violation(id: string, message: string, operations: readonly Operation[] | null): readonly Violation[] {
  return operations === null ? [] : [{ invariant: 'I6', message: `session ${id} ${message}`, operations }];
}

function isCreate(operation: SessionCall): operation is Create {
  return operation.verb === 'create';
}

function isRotate(operation: SessionCall): operation is Rotate {
  return operation.verb === 'rotate';
}

function forkIn(rotations: readonly Rotate[]): readonly Operation[] | null {
  const hashes = new Map<number, Rotate>();
  const steps = new Map<number, Rotate>();
  for (const rotation of rotations) {
    if (rotation.answer === null || !('session' in rotation.answer)) continue;
    const { is, session } = rotation.answer;
    const same = hashes.get(session.generation);
    if (same !== undefined && currentHashIn(same) !== session.currentHash) return [same, rotation];
    hashes.set(session.generation, rotation);
    const step = steps.get(session.generation);
    if (is === 'rotated' && step !== undefined) return [step, rotation];
    if (is === 'rotated') steps.set(session.generation, rotation);
  }
  return null;
}

function currentHashIn({ answer }: Rotate): string | null {
  return answer !== null && 'session' in answer ? answer.session.currentHash : null;
}

function refusalIn(rotations: readonly Rotate[], made: Create | null, calls: readonly SessionCall[]): readonly Operation[] | null {
  for (const refused of rotations) {
    const { answer } = refused;
    if (answer?.is !== 'reused' && answer?.is !== 'gone') continue;
    const source = sourceOf(refused, rotations, made);
    if (source === null) continue;
    const isRight = answer.is === 'reused' ? mayBeOutdated(refused, rotations) : mayBeOver(refused, made, calls);
    if (!isRight) return [source, refused];
  }
  return null;
}

// The call that handed the presented token out, over before it was presented; `null`: nobody knows where it came from.
function sourceOf(refused: Rotate, rotations: readonly Rotate[], made: Create | null): Operation | null {
  const hash = refused.input.presentedHash;
  const sources = [...(made === null ? [] : [made]), ...rotations].filter((call) => isBefore(call, refused));
  return sources.find((call) => (call.verb === 'create' ? call.input.session.currentHash : currentHashIn(call)) === hash) ?? null;
}

// Whether the session may have gone on so far that the presented token is neither the current nor, within the grace, the previous one.
function mayBeOutdated(refused: Rotate, rotations: readonly Rotate[]): boolean {
  const { presentedHash, now, graceSeconds } = refused.input;
  const mayHaveRotated = (from: string): readonly Rotate[] =>
    rotations.filter(
      ({ began, answer, input }) =>
        input.presentedHash === from &&
        input.nextHash !== null &&
        (answer === null || answer.is === 'rotated') &&
        began < (refused.ended ?? 0),
    );
  return mayHaveRotated(presentedHash).some(
    ({ input }) => now >= input.now + graceSeconds * 1000 || mayHaveRotated(input.nextHash ?? '').length > 0,
  );
}

// Whether the session may have ended, by time or by a call.
function mayBeOver(refused: Rotate, made: Create | null, calls: readonly SessionCall[]): boolean {
  const { sessionId, now } = refused.input;
  const session = made?.input.session;
  if (session !== undefined && now >= Math.min(session.idleExpiresAt, session.absoluteExpiresAt)) return true;
  return calls.some((call) => call !== refused && call.began < (refused.ended ?? 0) && mayHaveEnded(call, sessionId, session?.userId));
}

function mayHaveEnded(call: SessionCall, sessionId: string, userId: string | undefined): boolean {
  switch (call.verb) {
    case 'revoke':
      return call.input.sessionId === sessionId && call.answer !== false;
    case 'revokeAllOf':
      return call.input.userId === userId && call.input.exceptSessionId !== sessionId;
    case 'create':
      return call.answer === null ? call.input.session.userId === userId : call.answer.evicted.includes(sessionId);
    case 'rotate':
      return call.input.sessionId === sessionId && call.input.onReuse === 'revoke' && (call.answer === null || call.answer.is === 'reused');
    default:
      return false;
  }
}
