import type { Session } from '../../src/core/session.ts';
import type { SessionStore } from '../../src/ports/session-store.ts';
import { RETENTION_MS } from './retention.ts';

type Verb = 'create' | 'find' | 'rotate' | 'revoke' | 'revokeAllOf' | 'listOf';
type Input<Name extends Verb> = Parameters<SessionStore[Name]>[0];
type Answer<Name extends Verb> = Awaited<ReturnType<SessionStore[Name]>>;

/** Where sessions lie. A revoked session is deleted; an expired one waits for the sweep. */
export interface SessionTable {
  find(id: string): Session | null;
  put(session: Session): void;
  delete(id: string): void;
  /** Oldest first. */
  ofUser(userId: string): readonly Session[];
}

/** `SessionStore.create` over a table. */
export function create(table: SessionTable, { session, maxPerUser, now }: Input<'create'>): Answer<'create'> {
  const others = table.ofUser(session.userId).filter((other) => isLive(other, now) && other.id !== session.id);
  const evicted = others.slice(0, Math.max(0, others.length + 1 - maxPerUser)).map((other) => other.id);
  for (const id of evicted) table.delete(id);
  table.put({ ...session, generation: 0, previousHash: null, rotatedAt: null });
  return { evicted };
}

/** `SessionStore.find` over a table. */
export function find(table: SessionTable, { sessionId, now }: Input<'find'>): Answer<'find'> {
  const session = table.find(sessionId);
  return session !== null && isLive(session, now) ? { ...session } : null;
}

/** `SessionStore.rotate` over a table. */
export function rotate(table: SessionTable, r: Input<'rotate'>): Answer<'rotate'> {
  const { now } = r;
  const session = table.find(r.sessionId);
  if (session === null || now >= endOf(session) + RETENTION_MS) return { is: 'gone' };
  if (!isLive(session, now)) return { is: 'expired' };
  if (r.presentedHash === session.currentHash) {
    const moved = { ...session, idleExpiresAt: Math.min(r.idleExpiresAt, session.absoluteExpiresAt) };
    if (r.nextHash === null) {
      table.put(moved);
      return { is: 'kept', session: { ...moved } };
    }
    const { generation, currentHash } = session;
    const rotated = { ...moved, currentHash: r.nextHash, previousHash: currentHash, generation: generation + 1, rotatedAt: now };
    table.put(rotated);
    return { is: 'rotated', session: { ...rotated } };
  }
  const inGrace = session.rotatedAt !== null && now < session.rotatedAt + r.graceSeconds * 1000;
  if (inGrace && r.presentedHash === session.previousHash) return { is: 'replayed', session: { ...session } };
  if (r.onReuse === 'revoke') table.delete(session.id);
  return { is: 'reused' };
}

/** `SessionStore.revoke` over a table. */
export function revoke(table: SessionTable, r: Input<'revoke'>): Answer<'revoke'> {
  if (find(table, r) === null) return false;
  table.delete(r.sessionId);
  return true;
}

/** `SessionStore.revokeAllOf` over a table. */
export function revokeAllOf(table: SessionTable, { userId, exceptSessionId, now }: Input<'revokeAllOf'>): Answer<'revokeAllOf'> {
  const ended = table.ofUser(userId).filter((session) => isLive(session, now) && session.id !== exceptSessionId);
  for (const session of ended) table.delete(session.id);
  return ended.length;
}

/** `SessionStore.listOf` over a table. */
export function listOf(table: SessionTable, { userId, now }: Input<'listOf'>): Answer<'listOf'> {
  return table
    .ofUser(userId)
    .filter((session) => isLive(session, now))
    .map((session) => ({ ...session }))
    .toReversed();
}

function endOf(session: Session): number {
  return Math.min(session.idleExpiresAt, session.absoluteExpiresAt);
}

function isLive(session: Session, now: number): boolean {
  return now < endOf(session);
}
