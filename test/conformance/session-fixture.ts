import assert from 'node:assert/strict';
import type { NewSession, Session } from '../../src/core/session.ts';
import type { SessionStore } from '../../src/ports/session-store.ts';
import { NOW, randomText } from './case.ts';

type Rotate = Parameters<SessionStore['rotate']>[0];

/** In ms. */
export const DAY = 86_400_000;

/** A user whom nobody else is. */
export function someUser(): { readonly userId: string; readonly userKey: string } {
  return { userId: crypto.randomUUID(), userKey: randomText(12) };
}

/** A session of a month, of a user of its own unless one is given. */
export function someSession(given: Partial<NewSession> = {}): NewSession {
  const { userId, userKey } = { ...someUser(), ...given };
  return {
    id: `${userKey}${randomText(16)}`,
    userId,
    userKey,
    currentHash: randomText(32),
    amr: 'sms',
    userAgent: null,
    ip: null,
    authTime: NOW,
    createdAt: NOW,
    idleExpiresAt: NOW + 30 * DAY,
    absoluteExpiresAt: NOW + 180 * DAY,
    ...given,
  };
}

/** Creates a session that evicts none. */
export async function opened(store: SessionStore, given: Partial<NewSession> = {}): Promise<Session> {
  const session = someSession(given);
  assert.deepEqual(await store.create({ session, maxPerUser: 1000, now: session.createdAt }), { evicted: [] });
  return { ...session, generation: 0, previousHash: null, rotatedAt: null };
}

/** What refreshes a session, within its grace and by the current hash. */
export function rotation(session: Pick<Session, 'id' | 'currentHash'>, given: Partial<Rotate> = {}): Rotate {
  return {
    sessionId: session.id,
    presentedHash: session.currentHash,
    nextHash: randomText(32),
    graceSeconds: 30,
    idleExpiresAt: NOW + DAY,
    onReuse: 'revoke',
    now: NOW,
    ...given,
  };
}
