import { freshSqlite } from '../connections.ts';
import { batched } from './batched.ts';
import { floorTables } from './floor-postgres.ts';
import { sqliteVerbs } from './floor-sqlite.ts';
import { CODE_MILLISECONDS, type FloorAnswer, type FloorStore, MAX_ATTEMPTS, REFRESH_MILLISECONDS } from './floor-store.ts';

const PUT = `insert into codes select phone, digest, 0, $3 from unnest($1::text[], $2::text[]) as i (phone, digest)
  on conflict (phone) do update set digest = excluded.digest, attempts = 0, expires_at = excluded.expires_at`;

const CONSUME = `with
  i as (select * from unnest($1::text[], $2::text[], $3::uuid[], $4::text[]) as i (phone, digest, new_id, hash)),
  paid as (update codes c set attempts = case when c.digest = i.digest then 99 else c.attempts + 1 end from i
    where c.phone = i.phone and c.expires_at > $5 and c.attempts < ${MAX_ATTEMPTS} returning c.phone, c.attempts = 99 as accepted),
  known as (select phone, id from users where phone = any ($1::text[])),
  made as (insert into users select i.phone, i.new_id, $5 from i join paid using (phone)
    where accepted and not exists (select from known where known.phone = i.phone) on conflict do nothing returning phone, id),
  owner as (select * from known union all select * from made),
  session as (insert into sessions select i.hash, owner.id, $6 from i join paid using (phone) join owner using (phone) where accepted)
  select phone, id from paid join owner using (phone) where accepted`;

interface Put {
  readonly phoneNumber: string;
  readonly digest: string;
  readonly now: number;
}

/** What waits at the same moment travels in one statement. */
export async function coalescingPostgres(): Promise<FloorStore> {
  const pool = await floorTables();
  const put = batched(async (jobs: readonly Put[]) => {
    const now = jobs[0]?.now ?? 0;
    const values = [jobs.map(({ phoneNumber }) => phoneNumber), jobs.map(({ digest }) => digest), now + CODE_MILLISECONDS];
    await pool.query({ name: 'put', text: PUT, values });
    return jobs.map(() => undefined);
  });
  const consume = batched(async (jobs: readonly FloorAnswer[]) => {
    const now = jobs[0]?.now ?? 0;
    const values = [
      jobs.map(({ phoneNumber }) => phoneNumber),
      jobs.map(({ digest }) => digest),
      jobs.map(({ newUserId }) => newUserId),
      jobs.map(({ refreshHash }) => refreshHash),
      now,
      now + REFRESH_MILLISECONDS,
    ];
    const { rows } = await pool.query<{ phone: string; id: string }>({ name: 'consume', text: CONSUME, values });
    const accepted = new Map(rows.map(({ phone, id }) => [phone, id]));
    return jobs.map(({ phoneNumber }) => accepted.get(phoneNumber) ?? null);
  });
  return { put: (phoneNumber, digest, now) => put({ phoneNumber, digest, now }), consume, close: () => pool.end() };
}

/** What waits at the same moment is committed together. */
export function coalescingSqlite(): FloorStore {
  const database = freshSqlite('coalescing-floor');
  const verbs = sqliteVerbs(database);
  const [begin, commit, rollback] = ['begin immediate', 'commit', 'rollback'].map((sql) => database.prepare(sql));
  const together =
    <Job, Outcome>(work: (job: Job) => Outcome) =>
    async (jobs: readonly Job[]): Promise<readonly Outcome[]> => {
      begin?.run();
      try {
        const outcomes = jobs.map(work);
        commit?.run();
        return outcomes;
      } catch (error) {
        rollback?.run();
        throw error;
      }
    };
  const put = batched(together(({ phoneNumber, digest, now }: Put) => verbs.put(phoneNumber, digest, now)));
  return {
    put: (phoneNumber, digest, now) => put({ phoneNumber, digest, now }),
    consume: batched(together(verbs.consume)),
    close: async () => void database.close(),
  };
}
