import { parseArgs } from 'node:util';
import { Pool } from 'pg';
import { migrate, postgresStorage } from '../../adapters/storage/postgres.ts';
import type { NewChallenge } from '../../src/core/challenge.ts';
import type { Cooldown, Hit } from '../../src/core/limits.ts';
import type { ChallengeStore } from '../../src/ports/challenge-store.ts';
import { startPostgres } from '../adapters/postgres-server.ts';
import { NOW } from '../conformance/case.ts';
import { issueInput, redeemInput, someChallenge } from '../conformance/challenge-fixture.ts';

// How fast verbs are on an empty database and beside many rows, live and expired, on a server of its own that flushes every commit:
//   node test/bench/postgres-volume.ts --live 1000000 --expired 10000000
const { values } = parseArgs({
  options: {
    live: { type: 'string', default: '1000000' },
    expired: { type: 'string', default: '10000000' },
    calls: { type: 'string', default: '3000' },
    swept: { type: 'string', default: '200000' },
  },
});
const [live, expired, calls, swept] = [values.live, values.expired, values.calls, values.swept].map(Number) as [
  number,
  number,
  number,
  number,
];
const ALLOWED = 1.3;
const IN_FLIGHT = 64;

interface Figures {
  readonly redeemP50Ms: number;
  readonly redeemP95Ms: number;
  readonly issuesPerSecond: number;
  readonly redeemsPerSecond: number;
}

function sendCharges({ phoneKey }: NewChallenge): { readonly hits: readonly Hit[]; readonly cooldown: Cooldown } {
  const windows = [
    [3, 600],
    [5, 3600],
    [10, 86_400],
  ] as const;
  const perNumber = windows.map(
    ([max, windowSeconds]): Hit => ({
      key: `{${phoneKey}}sends/${windowSeconds}`,
      limit: 'sendsPerNumber',
      max,
      windowSeconds,
      when: 'always',
    }),
  );
  const perDay: Hit = { key: '{system}sms', limit: 'smsPerDay', max: 1e9, windowSeconds: 86_400, when: 'always' };
  const cooldown: Cooldown = {
    key: `{${phoneKey}}ladder`,
    limit: 'resendAfterSeconds',
    ladderSeconds: [30, 60, 120, 300],
    windowSeconds: 86_400,
  };
  return { hits: [...perNumber, perDay], cooldown };
}

function guessCharges({ phoneKey }: NewChallenge): { readonly hits: readonly Hit[]; readonly clears: readonly string[] } {
  const windows = [
    [10, 3600],
    [20, 86_400],
    [100, null],
  ] as const;
  const hits = windows.map(
    ([max, windowSeconds]): Hit => ({
      key: `{${phoneKey}}guesses/${windowSeconds}`,
      limit: 'guessesPerNumber',
      max,
      windowSeconds,
      when: 'wrong',
    }),
  );
  return { hits, clears: [`{${phoneKey}}guesses/null`, `{${phoneKey}}ladder`] };
}

async function inFlight<Item>(items: readonly Item[], work: (item: Item) => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  const queue = items.values();
  await Promise.all(
    Array.from({ length: IN_FLIGHT }, async () => {
      for (const item of queue) await work(item);
    }),
  );
  return Math.round(items.length / ((performance.now() - startedAt) / 1000));
}

async function measure(store: ChallengeStore): Promise<Figures> {
  const issue = (challenge: NewChallenge) => store.issue(issueInput(challenge, sendCharges(challenge)));
  const redeem = async (challenge: NewChallenge): Promise<void> => {
    const { is } = await store.redeem(redeemInput(challenge, guessCharges(challenge)));
    if (is !== 'accepted') throw new Error(`A right code was ${is}.`);
  };
  const [alone, together] = [0, 1].map(() => Array.from({ length: calls }, () => someChallenge())) as [NewChallenge[], NewChallenge[]];
  const issuesPerSecond = await inFlight([...alone, ...together], issue);
  const times: number[] = [];
  for (const challenge of alone) {
    const startedAt = performance.now();
    await redeem(challenge);
    times.push(performance.now() - startedAt);
  }
  times.sort((a, b) => a - b);
  const at = (share: number): number => Number((times[Math.floor(times.length * share)] ?? 0).toFixed(3));
  return { redeemP50Ms: at(0.5), redeemP95Ms: at(0.95), issuesPerSecond, redeemsPerSecond: await inFlight(together, redeem) };
}

// Rows come in far quicker into tables without indexes, which are made again behind them.
async function fill(pool: Pool): Promise<void> {
  const keys = { challenges: 'id', proofs: 'hash', slots: 'slot', sessions: 'id' };
  const { rows: indexes } = await pool.query(
    "select indexdef from pg_indexes where schemaname = 'ringlatch' and tablename = any($1) and indexname not like '%pkey'",
    [Object.keys(keys)],
  );
  for (const { indexdef } of indexes) await pool.query(`drop index if exists ringlatch.${/INDEX (\w+) /.exec(indexdef)?.[1]}`);
  for (const table of Object.keys(keys)) await pool.query(`alter table ringlatch.${table} drop constraint ${table}_pkey`);
  const challenges = (from: number, to: number, expiresAt: string) =>
    pool.query(`insert into ringlatch.challenges (id, phone_key, phone_number, purpose, seed, digest, locale, channel, code_length, max_attempts,
      created_at, expires_at, attempts_left, sends, resend_at)
      select 'c' || md5(i::text), substr(md5(i::text), 1, 16), '+98912' || i, 'sign-in', md5('s' || i), md5('d' || i), 'en', 'sms', 6, 5,
      ${NOW}, ${expiresAt}, 5, 1, ${NOW} from generate_series(${from}, ${to}) i`);
  const dead = Math.floor(expired / 4);
  const old = NOW - 3 * 86_400_000;
  await challenges(1, live, `${NOW} + 100000 + i % 200000`);
  await challenges(live + 1, live + dead, `${old} + i % 86400000`);
  await pool.query(`insert into ringlatch.proofs (hash, phone_key, phone_number, purpose, expires_at)
    select 'p' || md5(i::text), substr(md5(i::text), 1, 16), '+98912' || i, 'sign-in', ${old} + i % 86400000 from generate_series(1, ${dead}) i`);
  await pool.query(`insert into ringlatch.slots (slot, keys, counters, sweep_at)
    select substr(md5(i::text), 1, 16), '{sends/86400,ladder}', array_fill(row(1, 2, '{1,1,2}')::ringlatch.tally, '{2}'), ${old} + i % 24 * 3600000 from generate_series(1, ${dead}) i`);
  await pool.query(`insert into ringlatch.sessions (id, user_id, user_key, current_hash, generation, amr, auth_time, created_at, idle_expires_at,
      absolute_expires_at, place, sweep_at)
    select 's' || md5(i::text), 'u' || i, substr(md5(i::text), 1, 16), md5(i::text), 0, 'sms', 1, 1, 2, 2, 1, ${old} from generate_series(1, ${dead}) i`);
  for (const [table, key] of Object.entries(keys))
    await pool.query(`alter table ringlatch.${table} add constraint ${table}_pkey primary key (${key})`);
  for (const { indexdef } of indexes) await pool.query(indexdef);
  await pool.query('vacuum analyze');
}

const startedAt = performance.now();
const say = (what: string, ...figures: readonly unknown[]): void =>
  console.log(`${((performance.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${what}`, ...figures);
const server = await startPostgres({ config: { shared_buffers: '512MB', max_wal_size: '8GB', maintenance_work_mem: '512MB' } });
const pool = new Pool({ connectionString: server.url, max: 16 });
// Connections that are closing see the server go.
pool.on('error', () => undefined);
try {
  await migrate(pool);
  const { challenges, sessions } = postgresStorage(pool);
  await measure(challenges);
  const before = await measure(challenges);
  say('empty', before);
  await fill(pool);
  say(`filled with ${live} live challenges and ${expired} expired rows`);
  await measure(challenges);
  const after = await measure(challenges);
  say('full', after);
  const sweepStartedAt = performance.now();
  const sweep = Promise.all([challenges.sweep({ now: NOW, max: swept / 2 }), sessions.sweep({ now: NOW, max: swept / 2 })]);
  const during = await measure(challenges);
  const removed = (await sweep).reduce((sum, count) => sum + count, 0);
  say('while it is swept', during);
  say(`swept ${removed} rows, ${Math.round(removed / ((performance.now() - sweepStartedAt) / 1000))} per second`);
  const ratio = after.redeemP50Ms / before.redeemP50Ms;
  say(`p50 of redeem, full : empty = ${ratio.toFixed(2)} (allowed: ${ALLOWED})`);
  if (ratio > ALLOWED) process.exitCode = 1;
} finally {
  await pool.end();
  await server.stop();
}
