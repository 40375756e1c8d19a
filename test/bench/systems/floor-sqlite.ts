import { type Database, freshSqlite } from '../connections.ts';
import { CODE_MILLISECONDS, type FloorAnswer, type FloorStore, MAX_ATTEMPTS, REFRESH_MILLISECONDS } from './floor-store.ts';

/** The verbs of the floor in SQLite, outside of any transaction. */
export interface SqliteVerbs {
  readonly put: (phoneNumber: string, digest: string, now: number) => void;
  readonly consume: (answer: FloorAnswer) => string | null;
}

/** The tables of the floor, and what it does with them. */
export function sqliteVerbs(database: Database): SqliteVerbs {
  database.exec(`
    create table codes (phone text primary key, digest text not null, attempts int not null, expires_at int not null) without rowid;
    create table users (phone text primary key, id text not null unique, created_at int not null) without rowid;
    create table sessions (hash text primary key, user_id text not null, expires_at int not null) without rowid;`);
  const put = database.prepare(`insert into codes values (?, ?, 0, ?)
    on conflict (phone) do update set digest = excluded.digest, attempts = 0, expires_at = excluded.expires_at`);
  const pay = database.prepare(`update codes set attempts = case when digest = ? then 99 else attempts + 1 end
    where phone = ? and expires_at > ? and attempts < ${MAX_ATTEMPTS} returning attempts = 99 as accepted`);
  const find = database.prepare('select id from users where phone = ?');
  const addUser = database.prepare('insert into users values (?, ?, ?)');
  const addSession = database.prepare('insert into sessions values (?, ?, ?)');
  return {
    put: (phoneNumber, digest, now) => void put.run(phoneNumber, digest, now + CODE_MILLISECONDS),
    consume({ phoneNumber, digest, now, newUserId, refreshHash }) {
      if (pay.get(digest, phoneNumber, now)?.accepted !== 1) return null;
      const known = find.get(phoneNumber)?.id;
      if (known === undefined) addUser.run(phoneNumber, newUserId, now);
      const userId = known === undefined ? newUserId : String(known);
      addSession.run(refreshHash, userId, now + REFRESH_MILLISECONDS);
      return userId;
    },
  };
}

/** One transaction per verb. */
export function floorSqlite(): FloorStore {
  const database = freshSqlite('floor');
  const verbs = sqliteVerbs(database);
  const [begin, commit] = [database.prepare('begin immediate'), database.prepare('commit')];
  return {
    put: async (phoneNumber, digest, now) => verbs.put(phoneNumber, digest, now),
    async consume(answer) {
      begin.run();
      try {
        return verbs.consume(answer);
      } finally {
        commit.run();
      }
    },
    close: async () => void database.close(),
  };
}
