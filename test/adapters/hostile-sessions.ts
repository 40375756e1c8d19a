import { memorySessionTable } from '../../adapters/storage/memory-tables.ts';
import { create, find, listOf, revoke, revokeAllOf, rotate, type SessionTable } from '../../adapters/storage/session-verbs.ts';
import type { SessionStore } from '../../src/ports/session-store.ts';

type Table = ReturnType<typeof memorySessionTable>;
type Change<Part> = (sound: Part, table: Table) => Partial<Part>;

/** A sound store, over which a fault is laid: in the table below the verbs, or in the verbs. */
export function sessionsWith(inTable: Change<SessionTable> = () => ({}), inVerbs: Change<SessionStore> = () => ({})): SessionStore {
  const memory = memorySessionTable();
  const table = { ...memory, ...inTable(memory, memory) };
  const sound: SessionStore = {
    create: async (c) => create(table, c),
    find: async (f) => find(table, f),
    rotate: async (r) => rotate(table, r),
    revoke: async (r) => revoke(table, r),
    revokeAllOf: async (r) => revokeAllOf(table, r),
    listOf: async (l) => listOf(table, l),
    sweep: async (s) => memory.sweep(s),
  };
  return { ...sound, ...inVerbs(sound, memory) };
}

const inVerbs = (change: Change<SessionStore>): (() => SessionStore) => {
  return () => sessionsWith(undefined, change);
};
const inTable = (change: Change<SessionTable>): (() => SessionStore) => {
  return () => sessionsWith(change);
};

/** Verbs that read, wait and then write: transactions that lock nothing. */
function withoutLocks(verbs: readonly (keyof SessionStore)[]): SessionStore {
  const memory = memorySessionTable();
  const lately =
    <Input, Answer>(verb: (table: SessionTable, input: Input) => Answer) =>
    async (input: Input): Promise<Answer> => {
      const writes: (() => void)[] = [];
      const put: SessionTable['put'] = (session) => void writes.push(() => memory.put(session));
      const remove: SessionTable['delete'] = (id) => void writes.push(() => memory.delete(id));
      const answer = verb({ ...memory, put, delete: remove }, input);
      await null;
      for (const write of writes) write();
      return answer;
    };
  const late: Partial<SessionStore> = {
    create: lately(create),
    find: lately(find),
    rotate: lately(rotate),
    revoke: lately(revoke),
    revokeAllOf: lately(revokeAllOf),
    listOf: lately(listOf),
  };
  return { ...sessionsWith(() => memory), ...Object.fromEntries(verbs.map((verb) => [verb, late[verb]])) };
}

/** Compares and sets, and when another call was faster, judges by the row as it was before. */
function judgingByAStaleRead(lost: (table: Table, r: Parameters<SessionStore['rotate']>[0]) => 'gone' | 'reused'): () => SessionStore {
  return inVerbs((sound, table) => ({
    async rotate(r) {
      const before = table.find(r.sessionId);
      await null;
      const isLost = before?.currentHash === r.presentedHash && table.find(r.sessionId)?.currentHash !== r.presentedHash;
      return isLost ? { is: lost(table, r) } : sound.rotate(r);
    },
  }));
}

/** Broken session stores, by what is wrong with them. */
export const HOSTILE_SESSIONS: Readonly<Record<string, () => SessionStore>> = {
  'reads, waits, then writes': () => withoutLocks(['create', 'find', 'rotate', 'revoke', 'revokeAllOf', 'listOf']),
  'reads, waits, then creates': () => withoutLocks(['create']),
  'reads, waits, then rotates': () => withoutLocks(['rotate']),
  'misses the session when another refresh was faster': judgingByAStaleRead(() => 'gone'),
  'calls an honest parallel refresh theft': judgingByAStaleRead((table, r) => {
    table.delete(r.sessionId);
    return 'reused';
  }),
  'lets a replay bring another successor': inVerbs((sound, table) => ({
    async rotate(r) {
      const answer = await sound.rotate(r);
      if (answer.is !== 'replayed' || r.nextHash === null) return answer;
      const session = { ...answer.session, currentHash: r.nextHash };
      table.put(session);
      return { is: 'replayed', session };
    },
  })),
  'evicts nobody': inVerbs((sound) => ({ create: (c) => sound.create({ ...c, maxPerUser: 1000 }) })),
  'evicts the newest': inTable((sound) => ({ ofUser: (userId) => sound.ofUser(userId).toReversed() })),
  'counts dead sessions': inVerbs((sound) => ({ create: (c) => sound.create({ ...c, now: 0 }) })),
  'evicts without telling': inVerbs((sound) => ({
    async create(c) {
      await sound.create(c);
      return { evicted: [] };
    },
  })),
  'cuts texts': inTable((sound) => ({ put: (session) => sound.put({ ...session, userAgent: session.userAgent?.slice(0, 5) ?? null }) })),
  'finds dead sessions': inVerbs((sound, table) => ({ ...sound, find: async ({ sessionId }) => table.find(sessionId) })),
  'expires one millisecond late': inVerbs((sound) => ({
    find: (f) => sound.find({ ...f, now: f.now - 1 }),
    rotate: (r) => sound.rotate({ ...r, now: r.now - 1 }),
  })),
  'has no absolute end': inTable((sound) => ({
    find(id) {
      const session = sound.find(id);
      return session === null ? null : { ...session, absoluteExpiresAt: Number.MAX_SAFE_INTEGER };
    },
  })),
  'rotates whatever is presented': inVerbs((sound, table) => ({
    rotate: (r) => sound.rotate({ ...r, presentedHash: table.find(r.sessionId)?.currentHash ?? '' }),
  })),
  'keeps the token with every refresh': inVerbs((sound) => ({ rotate: (r) => sound.rotate({ ...r, nextHash: null }) })),
  'rotates without a next hash': inVerbs((sound) => ({ rotate: (r) => sound.rotate({ ...r, nextHash: r.nextHash ?? 'next' }) })),
  'has no grace': inVerbs((sound) => ({ rotate: (r) => sound.rotate({ ...r, graceSeconds: 0 }) })),
  'has grace without end': inVerbs((sound) => ({ rotate: (r) => sound.rotate({ ...r, graceSeconds: 1e6 }) })),
  'prolongs the grace with each replay': inVerbs((sound, table) => ({
    async rotate(r) {
      const answer = await sound.rotate(r);
      if (answer.is === 'replayed') table.put({ ...answer.session, rotatedAt: r.now });
      return answer;
    },
  })),
  'moves the idle time with a replay': inVerbs((sound, table) => ({
    async rotate(r) {
      const answer = await sound.rotate(r);
      if (answer.is === 'replayed') table.put({ ...answer.session, idleExpiresAt: r.idleExpiresAt });
      return answer;
    },
  })),
  'only rejects reuse': inVerbs((sound) => ({ rotate: (r) => sound.rotate({ ...r, onReuse: 'reject' }) })),
  'always revokes on reuse': inVerbs((sound) => ({ rotate: (r) => sound.rotate({ ...r, onReuse: 'revoke' }) })),
  'calls unknown sessions expired': inVerbs((sound) => ({
    async rotate(r) {
      const answer = await sound.rotate(r);
      return answer.is === 'gone' ? { is: 'expired' } : answer;
    },
  })),
  'does not cap the idle time': inVerbs((sound, table) => ({
    async rotate(r) {
      const answer = await sound.rotate(r);
      if (answer.is !== 'rotated' && answer.is !== 'kept') return answer;
      const session = { ...answer.session, idleExpiresAt: r.idleExpiresAt };
      table.put(session);
      return { is: answer.is, session };
    },
  })),
  'revokes nothing': inTable(() => ({ delete: () => {} })),
  'revokes what is dead': inVerbs((sound) => ({ revoke: async (r) => (await sound.revoke(r)) || true })),
  'spares nobody': inVerbs((sound) => ({ revokeAllOf: (r) => sound.revokeAllOf({ ...r, exceptSessionId: null }) })),
  'counts dead sessions among the revoked': inVerbs((sound, table) => ({
    async revokeAllOf(r) {
      const all = table.ofUser(r.userId).length;
      await sound.revokeAllOf(r);
      return all;
    },
  })),
  'lists the oldest first': inVerbs((sound) => ({ listOf: async (l) => (await sound.listOf(l)).toReversed() })),
  'lists the dead': inVerbs((_, table) => ({ listOf: async ({ userId }) => table.ofUser(userId).toReversed() })),
  'sweeps the living': inVerbs((_, table) => ({ sweep: async (s) => table.sweep({ ...s, now: Number.MAX_SAFE_INTEGER }) })),
  'sweeps more than it is told': inVerbs((sound) => ({ sweep: (s) => sound.sweep({ ...s, max: s.max + 5 }) })),
  'sweeps what still answers': inVerbs((_, table) => ({ sweep: async (s) => table.sweep({ ...s, now: s.now + 86_400_000 }) })),
};
