import { chmodSync, chownSync, mkdirSync, rmdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { migrate } from '../../adapters/storage/postgres.ts';
import { sqliteStorage } from '../../adapters/storage/sqlite.ts';
import { folderForPostgres, type PostgresServer, runPostgresProgram, startPostgres } from '../adapters/postgres-server.ts';
import { openPostgres } from './open-stores.ts';
import { type Figures, type Form, type Scenario, sumOf } from './scenario.ts';
import { type Service, serviceOver } from './service-under-load.ts';
import { mountSmallVolume, type SmallVolume } from './small-volume.ts';
import { weather } from './storm.ts';
import { newVisit, proceed } from './visit.ts';
import { pause, until } from './waiting.ts';

/** Fills the volume under load until nobody is served, and makes room again. */
async function filledAgainAndAgain(service: Service, volume: SmallVolume, form: Form, revive: () => Promise<void>): Promise<Figures> {
  const figures: Figures[] = [];
  for (let cycle = 0; cycle < form.cycles; cycle++) {
    const before = service.sent.size;
    const strike = async (): Promise<void> => {
      volume.fill(0);
      await until(() => isRefused(service), 'the volume to be full', 60);
      await pause(300);
      volume.free();
      await revive();
    };
    const one = await weather({ service, pace: form, loses: 'nothing', strike });
    const orphans = await orphansAmong(service, [...service.sent.keys()].slice(before));
    figures.push({ ...one, problems: [...one.problems, ...orphans] });
  }
  return sumOf(figures);
}

async function isRefused(service: Service): Promise<boolean> {
  for (let tries = 0; tries < 3; tries++) {
    const visit = newVisit();
    if (
      await proceed(service, visit).then(
        () => true,
        () => false,
      )
    )
      return false;
  }
  return true;
}

/** Messages whose challenge the store does not know. */
async function orphansAmong({ sent, stores }: Service, ids: readonly string[]): Promise<readonly string[]> {
  const orphans: string[] = [];
  for (const id of ids) {
    const { purpose } = sent.get(id) ?? {};
    if (purpose === undefined) continue;
    const proof = { hash: crypto.randomUUID(), expiresAt: 0 };
    const asked = { id, purposes: [purpose], digests: ['-'], hits: [], clears: [], proof, keep: false, now: Date.now() };
    if ((await stores.challenges.redeem(asked)).is === 'unknown') orphans.push(`a message left without a row: ${id}`);
  }
  return orphans;
}

async function onVolume(megabytes: number, run: (volume: SmallVolume) => Promise<Figures>): Promise<Figures> {
  const volume = mountSmallVolume(megabytes);
  if (volume === null) throw new Error('this user may not mount a volume');
  try {
    return await run(volume);
  } finally {
    volume.remove();
  }
}

async function fullSqlite(volume: SmallVolume, form: Form): Promise<Figures> {
  const database = new DatabaseSync(join(volume.path, 'auth.db'));
  try {
    const figures = await filledAgainAndAgain(serviceOver(sqliteStorage(database)), volume, form, async () => undefined);
    const [check] = database.prepare('PRAGMA integrity_check').all();
    const damage = check?.integrity_check === 'ok' ? [] : [`the file is damaged: ${JSON.stringify(check)}`];
    return { ...figures, problems: [...figures.problems, ...damage] };
  } finally {
    database.close();
  }
}

async function fullPostgres(volume: SmallVolume, form: Form): Promise<Figures> {
  const server = await startPostgres({
    dataDir: freshDataOn(volume),
    config: { shared_buffers: '16MB', max_wal_size: '8MB', min_wal_size: '2MB' },
  });
  const { database, stores, close } = openPostgres(server.port);
  let crashes = 0;
  try {
    await migrate(database);
    const figures = await filledAgainAndAgain(serviceOver(stores), volume, form, async () => {
      // Without room for its log PostgreSQL ends itself; whoever makes room starts it again.
      if (await isAlive(server)) return;
      crashes += 1;
      await server.restart();
    });
    runPostgresProgram('pg_amcheck', [
      '-h',
      '127.0.0.1',
      '-p',
      String(server.port),
      '-U',
      'postgres',
      '--install-missing',
      '-s',
      'ringlatch',
      'postgres',
    ]);
    return { ...figures, remarks: [...figures.remarks, `PostgreSQL ended itself ${crashes} times`] };
  } finally {
    await close();
    await server.stop();
  }
}

function freshDataOn(volume: SmallVolume): string {
  const owned = folderForPostgres();
  const dataDir = join(volume.path, 'data');
  mkdirSync(dataDir);
  const { uid, gid } = statSync(owned);
  rmdirSync(owned);
  chownSync(dataDir, uid, gid);
  chmodSync(dataDir, 0o700);
  runPostgresProgram('initdb', [
    '-D',
    dataDir,
    '-U',
    'postgres',
    '-A',
    'trust',
    '-E',
    'UTF8',
    '--no-locale',
    '--no-sync',
    '--wal-segsize=1',
  ]);
  return dataDir;
}

async function isAlive({ port }: PostgresServer): Promise<boolean> {
  const { database, close } = openPostgres(port, { connections: 1 });
  try {
    for (let tries = 0; tries < 20; tries++) {
      if (
        await database.query('select 1', []).then(
          () => true,
          () => false,
        )
      )
        return true;
      await pause(100);
    }
    return false;
  } finally {
    await close();
  }
}

/** Volumes on which not a byte is left. */
export const FULL_DISK: readonly Scenario[] = [
  {
    name: 'disk full under SQLite',
    needs: ['volume'],
    loses: 'nothing',
    recoverySeconds: 15,
    run: (form) => onVolume(16, (volume) => fullSqlite(volume, form)),
  },
  {
    name: 'disk full under PostgreSQL',
    needs: ['volume', 'postgres'],
    loses: 'nothing',
    recoverySeconds: 15,
    run: (form) => onVolume(64, (volume) => fullPostgres(volume, form)),
  },
];
