import { rmSync } from 'node:fs';
import { migrate, type PostgresDatabase } from '../../adapters/storage/postgres.ts';
import { folderForPostgres, type PostgresServer, runPostgresProgram, startPostgres } from '../adapters/postgres-server.ts';
import { openPostgres } from './open-stores.ts';
import { type Figures, type Form, type Scenario, sumOf } from './scenario.ts';
import { serviceOver } from './service-under-load.ts';
import { weather } from './storm.ts';
import { startProxy } from './tcp-proxy.ts';
import { pause, until } from './waiting.ts';

// Nobody listens there.
const NOWHERE = 1;

type Kind = 'synchronous' | 'asynchronous' | 'lagging';

/** A standby on a copy of a server's data, which follows it over another port. */
async function standbyOf(primary: PostgresServer, over: number): Promise<PostgresServer> {
  const dataDir = folderForPostgres();
  const config = { primary_conninfo: `host=127.0.0.1 port=${over} user=postgres`, wal_retrieve_retry_interval: '100ms' };
  const source = ['-h', '127.0.0.1', '-p', String(primary.port), '-U', 'postgres'];
  try {
    runPostgresProgram('pg_basebackup', [...source, '-D', dataDir, '-R', '-X', 'stream', '-c', 'fast', '--no-sync']);
    return await startPostgres({ dataDir, config });
  } catch (error) {
    rmSync(dataDir, { recursive: true, force: true });
    throw error;
  }
}

async function promote({ port }: PostgresServer): Promise<void> {
  const { database, close } = openPostgres(port, { connections: 1 });
  // While it catches up it may cancel whatever is asked.
  const isPromoted = async (): Promise<boolean> => (await answerTo(database, 'select pg_promote()').catch(() => false)) === true;
  await until(isPromoted, 'the standby to be promoted');
  await close();
}

async function answerTo(database: PostgresDatabase, question: string): Promise<unknown> {
  const [row] = (await database.query(question, [])).rows;
  return Object.values(row as object)[0];
}

async function isFollowed(database: PostgresDatabase, state: string): Promise<boolean> {
  return (await answerTo(database, `select count(*)::integer from pg_stat_replication where sync_state = '${state}'`)) === 1;
}

async function onePromotion(kind: Kind, form: Form): Promise<Figures> {
  const primary = await startPostgres();
  const servers = [primary];
  const [proxy, replication] = [await startProxy(primary.port), await startProxy(primary.port)];
  const { database, stores, close } = openPostgres(proxy.port);
  const direct = openPostgres(primary.port, { connections: 1 });
  try {
    await migrate(direct.database);
    const standby = await standbyOf(primary, replication.port);
    servers.push(standby);
    await until(() => isFollowed(direct.database, 'async'), 'the standby to follow');
    if (kind === 'synchronous') {
      await direct.database.query("alter system set synchronous_standby_names = '*'", []);
      await direct.database.query('select pg_reload_conf()', []);
      await until(() => isFollowed(direct.database, 'sync'), 'the standby to be waited for');
    }
    const strike = async (): Promise<void> => {
      if (kind === 'lagging') replication.aim(NOWHERE);
      await pause(300);
      await primary.kill9();
      await promote(standby);
      proxy.aim(standby.port);
    };
    const figures = await weather({ service: serviceOver(stores), pace: form, loses: losesOf(kind), strike });
    const doubled = 'select count(*)::integer from (select from ringlatch.users group by phone_number having count(*) > 1) d';
    const count = await answerTo(database, doubled);
    return count === 0 ? figures : { ...figures, problems: [...figures.problems, `${count} numbers have several accounts`] };
  } finally {
    await Promise.all([close(), direct.close()]);
    await Promise.all([proxy.close(), replication.close()]);
    for (const server of servers) await server.stop();
  }
}

function losesOf(kind: Kind): Scenario['loses'] {
  return kind === 'synchronous' ? 'nothing' : kind === 'asynchronous' ? 'little' : 'much';
}

function promoted(kind: Kind): Omit<Scenario, 'onlyLong'> {
  return {
    name: `promotion of a ${kind} PostgreSQL standby`,
    needs: ['postgres'],
    loses: losesOf(kind),
    recoverySeconds: 15,
    async run(form) {
      const figures: Figures[] = [];
      for (let cycle = 0; cycle < form.cycles; cycle++) figures.push(await onePromotion(kind, form));
      return sumOf(figures);
    },
  };
}

/** A primary that is killed, and a standby that takes its place. The lagging one, which is asynchronous too, was 0.3 s behind. */
export const PROMOTED_STANDBY: readonly Scenario[] = [
  promoted('synchronous'),
  { ...promoted('asynchronous'), onlyLong: true },
  promoted('lagging'),
];
