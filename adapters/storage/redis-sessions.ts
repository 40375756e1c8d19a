import type { Session } from '../../src/core/session.ts';
import type { SessionStore } from '../../src/ports/session-store.ts';
import { ownerIn } from './redis-keys.ts';
import { nullable, redisRow } from './redis-rows.ts';
import { CREATE, FIND, LIST, REVOKE, REVOKE_ALL, ROTATE } from './redis-session-scripts.ts';
import { ask, type RedisPlace, type Reply } from './redis-slots.ts';

const SESSION_ROW = redisRow<Session>({
  id: 'text',
  userId: 'text',
  userKey: 'text',
  currentHash: 'text',
  previousHash: 'text?',
  generation: 'number',
  amr: 'text',
  userAgent: 'text?',
  ip: 'text?',
  authTime: 'number',
  createdAt: 'number',
  rotatedAt: 'number?',
  idleExpiresAt: 'number',
  absoluteExpiresAt: 'number',
});

/** Sessions in Redis. */
export function redisSessions(place: RedisPlace): SessionStore {
  const askOwner = (userKey: string, script: string, input: object, ...texts: readonly string[]): Promise<Reply> =>
    ask(place, script, [place.keys.sessions(userKey)], [JSON.stringify(input), ...texts]);
  return {
    async create({ session, maxPerUser, now }) {
      const { id, userId, userKey, absoluteExpiresAt } = session;
      const row = SESSION_ROW.toJson({ ...session, generation: 0, previousHash: null, rotatedAt: null });
      const { rest } = await askOwner(userKey, CREATE, { now, maxPerUser, absoluteExpiresAt }, row, id, userId);
      return { evicted: rest.map(String) };
    },
    async find({ sessionId, now }) {
      const { is, rest } = await askOwner(ownerIn(sessionId), FIND, { now }, sessionId);
      return is === 'found' ? SESSION_ROW.fromJson(rest[0]) : null;
    },
    async rotate({ sessionId, presentedHash, nextHash, graceSeconds, idleExpiresAt, onReuse, now }) {
      const input = { now, graceSeconds, idleExpiresAt, keep: nextHash === null, revoke: onReuse === 'revoke' };
      const { is, rest } = await askOwner(ownerIn(sessionId), ROTATE, input, sessionId, presentedHash, nextHash ?? '');
      switch (is) {
        case 'rotated':
        case 'replayed':
        case 'kept':
          return { is, session: SESSION_ROW.fromJson(rest[0]) };
        default:
          return { is: is as 'reused' | 'gone' | 'expired' };
      }
    },
    async revoke({ sessionId, now }) {
      const { is } = await askOwner(ownerIn(sessionId), REVOKE, { now }, sessionId);
      return is === 'revoked';
    },
    async revokeAllOf({ userId, userKey, exceptSessionId, now }) {
      const { rest } = await askOwner(userKey, REVOKE_ALL, { now }, userId, nullable(exceptSessionId));
      return Number(rest[0]);
    },
    async listOf({ userId, userKey, now }) {
      const { rest } = await askOwner(userKey, LIST, { now }, userId);
      return rest.map(SESSION_ROW.fromJson).toReversed();
    },
    // Redis drops what is over by itself; there is nothing to walk through.
    sweep: async () => 0,
  };
}
