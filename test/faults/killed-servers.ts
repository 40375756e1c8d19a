import { migrate } from '../../adapters/storage/postgres.ts';
import { startPostgres } from '../adapters/postgres-server.ts';
import type { RedisDriverName } from '../adapters/redis-clients.ts';
import { type RedisServerOptions, startRedis } from '../adapters/redis-server.ts';
import { openPostgres, openRedis, type PostgresDriver } from './open-stores.ts';
import { processNamed } from './process-tree.ts';
import { type Figures, type Form, type Scenario, sumOf } from './scenario.ts';
import { type Service, serviceOver } from './service-under-load.ts';
import { weather } from './storm.ts';
import { pause } from './waiting.ts';

interface Mortal {
  kill9(): Promise<void>;
  restart(): Promise<void>;
  /** What happens some moments before its death. */
  readonly agony?: () => void;
}

async function killedAgainAndAgain(service: Service, server: Mortal, loses: Scenario['loses'], form: Form): Promise<Figures> {
  const figures: Figures[] = [];
  for (let cycle = 0; cycle < form.cycles; cycle++) {
    const strike = async (): Promise<void> => {
      server.agony?.();
      // Not always at the same moment of the same work.
      await pause(100 + (crypto.getRandomValues(new Uint8Array(1))[0] ?? 0));
      await server.kill9();
      await pause(100);
      await server.restart();
    };
    figures.push(await weather({ service, pace: form, loses, strike }));
  }
  return sumOf(figures);
}

interface PostgresUnderTest {
  readonly driver?: PostgresDriver;
  readonly coalesce?: boolean;
  readonly config?: Readonly<Record<string, string>>;
  readonly loses?: Scenario['loses'];
  /** What is done to the schema beforehand. */
  readonly sabotage?: string;
}

function killedPostgres(
  name: string,
  { driver = 'pg', coalesce = false, config = {}, loses = 'nothing', sabotage }: PostgresUnderTest,
): Omit<Scenario, 'onlyLong'> {
  return {
    name: `kill -9 of PostgreSQL, ${name}`,
    needs: ['postgres'],
    loses,
    recoverySeconds: 15,
    async run(form) {
      const server = await startPostgres({ config });
      const { database, stores, close } = openPostgres(server.port, { driver, coalesce });
      try {
        await migrate(database);
        if (sabotage !== undefined) await database.query(sabotage, []);
        const agony = (): void => {
          if (config === LAZY) process.kill(processNamed(server.pid, 'walwriter'), 'SIGSTOP');
        };
        const { kill9, restart } = server;
        return await killedAgainAndAgain(serviceOver(stores), { kill9, restart, agony }, loses, form);
      } finally {
        await close();
        await server.stop();
      }
    },
  };
}

function killedRedis(
  name: string,
  driver: RedisDriverName,
  options: RedisServerOptions,
  loses: Scenario['loses'],
): Omit<Scenario, 'onlyLong'> {
  return {
    name: `kill -9 of Redis, ${name}`,
    needs: ['redis'],
    loses,
    recoverySeconds: 15,
    async run(form) {
      const server = await startRedis(options);
      const { stores, close } = await openRedis(server.port, driver);
      try {
        return await killedAgainAndAgain(serviceOver(stores), server, loses, form);
      } finally {
        await close();
        await server.stop();
      }
    },
  };
}

// Whoever does not wait for the log has only its writer to rely on, and that one is stopped before the crash.
const LAZY = { synchronous_commit: 'off', wal_buffers: '32MB' };
const WITHOUT_INSISTENCE = "create or replace function ringlatch.durable_v1() returns void language sql as ''";

/** Servers that are killed under load and started again on what their disk holds. */
export const KILLED_SERVERS: readonly Scenario[] = [
  killedPostgres('as it comes (pg)', {}),
  { ...killedPostgres('as it comes (postgres.js)', { driver: 'postgres' }), onlyLong: true },
  killedPostgres('coalescing', { coalesce: true }),
  { ...killedPostgres('coalescing, synchronous_commit = off', { coalesce: true, config: LAZY }), onlyLong: true },
  killedPostgres('synchronous_commit = off', { config: LAZY }),
  killedPostgres('synchronous_commit = off and no insistence on it', { config: LAZY, loses: 'much', sabotage: WITHOUT_INSISTENCE }),
  killedRedis('appendfsync always (ioredis)', 'ioredis', { appendonly: true, appendfsync: 'always' }, 'nothing'),
  killedRedis('appendfsync always (node-redis)', 'redis', { appendonly: true, appendfsync: 'always' }, 'nothing'),
  { ...killedRedis('appendfsync everysec', 'ioredis', { appendonly: true, appendfsync: 'everysec' }, 'little'), onlyLong: true },
  killedRedis('no persistence', 'redis', {}, 'much'),
];
