import type { Pool } from 'pg';
import { freshPostgres } from '../connections.ts';
import { CODE_MILLISECONDS, type FloorStore, MAX_ATTEMPTS, REFRESH_MILLISECONDS } from './floor-store.ts';

const PUT = `insert into codes values ($1, $2, 0, $3)
  on conflict (phone) do update set digest = excluded.digest, attempts = 0, expires_at = excluded.expires_at`;

const CONSUME = `with
  paid as (update codes set attempts = case when digest = $2 then 99 else attempts + 1 end
    where phone = $1 and expires_at > $3 and attempts < ${MAX_ATTEMPTS} returning attempts = 99 as accepted),
  known as (select id from users where phone = $1),
  made as (insert into users select $1, $4::uuid, $3 from paid where accepted and not exists (select from known) on conflict do nothing returning id),
  owner as (select id from known union all select id from made),
  session as (insert into sessions select $5, owner.id, $6 from owner, paid where accepted)
  select owner.id from paid join owner on accepted`;

/** An empty database with the tables of the floor. */
export async function floorTables(): Promise<Pool> {
  const pool = await freshPostgres();
  await pool.query(`
    create table codes (phone text primary key, digest text not null, attempts int not null, expires_at int8 not null);
    create table users (phone text primary key, id uuid not null unique, created_at int8 not null);
    create table sessions (hash text primary key, user_id uuid not null, expires_at int8 not null)`);
  return pool;
}

/** One prepared statement per verb. */
export async function floorPostgres(): Promise<FloorStore> {
  const pool = await floorTables();
  return {
    async put(phoneNumber, digest, now) {
      await pool.query({ name: 'put', text: PUT, values: [phoneNumber, digest, now + CODE_MILLISECONDS] });
    },
    async consume({ phoneNumber, digest, now, newUserId, refreshHash }) {
      const values = [phoneNumber, digest, now, newUserId, refreshHash, now + REFRESH_MILLISECONDS];
      return (await pool.query<{ id: string }>({ name: 'consume', text: CONSUME, values })).rows[0]?.id ?? null;
    },
    close: () => pool.end(),
  };
}
