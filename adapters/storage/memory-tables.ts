import type { Session } from '../../src/core/session.ts';
import type { ChallengeRow, ChallengeTables, DeliveryState, ProofRow } from './challenge-verbs.ts';
import { memoryCounters } from './memory-counters.ts';
import { RETENTION_MS } from './retention.ts';
import type { SessionTable } from './session-verbs.ts';

/** What a bounded store asks of its tables. */
export interface Bounded {
  /** Entries, dead ones included. */
  size(): number;
  /** Deletes at most `max` entries that no verb could still act upon; returns how many. */
  sweep(s: { readonly now: number; readonly max: number }): number;
}

/** Challenges, proofs, counters and deliveries in maps. */
export function memoryChallengeTables(): ChallengeTables & Bounded {
  const challenges = new Map<string, ChallengeRow>();
  const idsOfNumber = new Map<string, readonly string[]>();
  const proofs = new Map<string, ProofRow>();
  const counters = memoryCounters();
  const deliveries = new Map<string, Map<number, DeliveryState>>();
  let delivered = 0;
  const forgetDeliveries = (id: string): void => {
    delivered -= deliveries.get(id)?.size ?? 0;
    deliveries.delete(id);
  };
  return {
    counters,
    findChallenge: (id) => challenges.get(id) ?? null,
    putChallenge(row) {
      if (!challenges.has(row.id)) addTo(idsOfNumber, row.phoneKey, row.id);
      challenges.set(row.id, row);
    },
    unusedOf: ({ phoneKey, purpose }) =>
      rowsOf(challenges, idsOfNumber.get(phoneKey)).filter((row) => row.purpose === purpose && row.usedAt === null),
    findProof: (hash) => proofs.get(hash) ?? null,
    putProof: (row) => void proofs.set(row.hash, row),
    deleteProof: (hash) => void proofs.delete(hash),
    deliveryOf: ({ id, send }) => deliveries.get(id)?.get(send) ?? null,
    putDelivery({ id, send, state }) {
      const ofChallenge = deliveries.get(id) ?? new Map<number, DeliveryState>();
      if (!ofChallenge.has(send)) delivered += 1;
      deliveries.set(id, ofChallenge.set(send, state));
    },
    forgetDeliveries,
    size: () => challenges.size + proofs.size + counters.size() + delivered,
    sweep({ now, max }) {
      const dead = deadOf(challenges, max, (row) => now >= row.expiresAt + RETENTION_MS);
      for (const [id, { phoneKey }] of dead) {
        challenges.delete(id);
        forgetDeliveries(id);
        removeFrom(idsOfNumber, phoneKey, id);
      }
      const deadProofs = deadOf(proofs, max - dead.length, (row) => now >= row.expiresAt);
      for (const [hash] of deadProofs) proofs.delete(hash);
      const deadCounters = counters.sweep({ now, max: max - dead.length - deadProofs.length });
      return dead.length + deadProofs.length + deadCounters;
    },
  };
}

/** Sessions in maps. */
export function memorySessionTable(): SessionTable & Bounded {
  const sessions = new Map<string, Session>();
  const idsOfUser = new Map<string, readonly string[]>();
  const remove = (id: string): void => {
    const session = sessions.get(id);
    if (session === undefined) return;
    sessions.delete(id);
    removeFrom(idsOfUser, session.userId, id);
  };
  return {
    find: (id) => sessions.get(id) ?? null,
    put(session) {
      if (!sessions.has(session.id)) addTo(idsOfUser, session.userId, session.id);
      sessions.set(session.id, session);
    },
    delete: remove,
    ofUser: (userId) => rowsOf(sessions, idsOfUser.get(userId)).sort((a, b) => a.createdAt - b.createdAt),
    size: () => sessions.size,
    sweep({ now, max }) {
      const isDead = (session: Session): boolean => now >= Math.min(session.idleExpiresAt, session.absoluteExpiresAt) + RETENTION_MS;
      const dead = deadOf(sessions, max, isDead);
      for (const [id] of dead) remove(id);
      return dead.length;
    },
  };
}

function rowsOf<Row>(rows: ReadonlyMap<string, Row>, ids: readonly string[] | undefined): Row[] {
  const found: Row[] = [];
  for (const id of ids ?? []) {
    const row = rows.get(id);
    if (row !== undefined) found.push(row);
  }
  return found;
}

function deadOf<Row>(rows: ReadonlyMap<string, Row>, max: number, isDead: (row: Row) => boolean): [string, Row][] {
  const dead: [string, Row][] = [];
  for (const entry of rows) {
    if (dead.length >= max) break;
    if (isDead(entry[1])) dead.push(entry);
  }
  return dead;
}

function addTo(index: Map<string, readonly string[]>, key: string, id: string): void {
  const ids = index.get(key);
  index.set(key, ids === undefined ? [id] : [...ids, id]);
}

function removeFrom(index: Map<string, readonly string[]>, key: string, id: string): void {
  const ids = (index.get(key) ?? []).filter((other) => other !== id);
  if (ids.length === 0) index.delete(key);
  else index.set(key, ids);
}
