import type { Pool } from 'pg';
import { migrate } from '../../adapters/storage/postgres.ts';
import { startPostgres } from '../adapters/postgres-server.ts';
import type { RedisDriverName } from '../adapters/redis-clients.ts';
import { startRedis } from '../adapters/redis-server.ts';
import { isOutage } from './load.ts';
import { openPostgres, openRedis } from './open-stores.ts';
import { continueTree, stopTree } from './process-tree.ts';
import { type Figures, type Form, type Scenario, sumOf } from './scenario.ts';
import { type Service, serviceOver } from './service-under-load.ts';
import { weather, wordsFor } from './storm.ts';
import { newVisit, proceed } from './visit.ts';
import { pause } from './waiting.ts';

/** What signing in needs no store for must go on without one. */
interface Watch {
  /** Ends it; gives what went wrong and the longest check. */
  stop(): Promise<{ readonly problems: readonly string[]; readonly slowestMs: number; readonly checks: number }>;
}

// More than a store that stands still is ever asked for: a thousand calls whose callers have gone, and those who still wait.
const CALLS_PER_SECOND = 400;
const MOST_QUEUED = 1000 + 2 * CALLS_PER_SECOND;

/** Requests that come at their own pace, whatever becomes of those before; gives what should not have become of them. */
async function flood(service: Service, seconds: number): Promise<readonly string[]> {
  const problems: string[] = [];
  const calls: Promise<unknown>[] = [];
  const startedAt = performance.now();
  for (let passed = 0; passed < seconds; passed = (performance.now() - startedAt) / 1000) {
    for (const due = passed * CALLS_PER_SECOND; calls.length < due; ) {
      const request = { phoneNumber: newVisit().phoneNumber, client: { ip: null } };
      const failed = (error: unknown) => (isOutage(error) ? null : problems.push(`a request: ${wordsFor(error)}`));
      calls.push(service.call((auth) => auth.requestCode(request)).catch(failed));
    }
    await pause(10);
  }
  await Promise.all(calls);
  return problems;
}

async function accessTokenOf(service: Service): Promise<string> {
  const { auth, sent } = service;
  const visit = newVisit();
  await proceed(service, visit);
  const { challengeId } = await auth.requestCode({ phoneNumber: visit.phoneNumber, client: { ip: null } });
  return (await auth.signInWithCode({ challengeId, code: sent.get(challengeId)?.code ?? '', client: { ip: null } })).accessToken;
}

function watchAccessTokens({ auth }: Service, accessToken: string): Watch {
  const problems: string[] = [];
  let [isOver, slowestMs, checks] = [false, 0, 0];
  const watching = (async () => {
    while (!isOver) {
      const startedAt = performance.now();
      await auth.verifyAccessToken({ accessToken }).catch((error: unknown) => problems.push(`an access token: ${wordsFor(error)}`));
      slowestMs = Math.max(slowestMs, performance.now() - startedAt);
      checks += 1;
      await pause(5);
    }
  })();
  return {
    async stop() {
      isOver = true;
      await watching;
      return { problems, slowestMs, checks };
    },
  };
}

async function pausedAgainAndAgain(service: Service, pid: () => number, form: Form, queued: () => number = () => 0): Promise<Figures> {
  const accessToken = await accessTokenOf(service);
  const figures: Figures[] = [];
  for (let cycle = 0; cycle < form.cycles; cycle++) {
    let mostQueued = 0;
    let flooded: readonly string[] = [];
    const watch = watchAccessTokens(service, accessToken);
    const strike = async (): Promise<void> => {
      stopTree(pid());
      const requests = flood(service, form.pauseSeconds);
      for (const end = performance.now() + form.pauseSeconds * 1000; performance.now() < end; await pause(20))
        mostQueued = Math.max(mostQueued, queued());
      continueTree(pid());
      flooded = await requests;
    };
    const one = await weather({ service, pace: form, loses: 'nothing', strike });
    const { problems, slowestMs, checks } = await watch.stop();
    const isStarved = checks < 20 || slowestMs > 500;
    figures.push({
      ...one,
      problems: [
        ...one.problems,
        ...problems,
        ...flooded,
        ...(isStarved ? [`${checks} access tokens checked, one in ${slowestMs.toFixed(0)} ms`] : []),
        ...(mostQueued > MOST_QUEUED ? [`${mostQueued} calls waited for a connection`] : []),
      ],
      remarks: [...one.remarks, ...(mostQueued > 0 ? [`${mostQueued} calls waited for a connection`] : [])],
    });
  }
  return sumOf(figures);
}

function pausedRedis(driver: RedisDriverName, title: string): Scenario {
  return {
    name: `SIGSTOP of Redis (${title})`,
    needs: ['redis'],
    loses: 'nothing',
    recoverySeconds: 5,
    async run(form) {
      const server = await startRedis();
      const { stores, close } = await openRedis(server.port, driver);
      try {
        return await pausedAgainAndAgain(serviceOver(stores), server.pid, form);
      } finally {
        await close();
        await server.stop();
      }
    },
  };
}

function pausedPostgres(name: string, coalesce: boolean): Omit<Scenario, 'onlyLong'> {
  return {
    name,
    needs: ['postgres'],
    loses: 'nothing',
    recoverySeconds: 5,
    async run(form) {
      const server = await startPostgres();
      const { database, stores, close } = openPostgres(server.port, { coalesce });
      try {
        await migrate(database);
        return await pausedAgainAndAgain(
          serviceOver(stores),
          () => server.pid,
          form,
          () => (database as Pool).waitingCount,
        );
      } finally {
        await close();
        await server.stop();
      }
    },
  };
}

/** Servers that stand still for a while, all their processes at once. */
export const PAUSED_SERVERS: readonly Scenario[] = [
  pausedPostgres('SIGSTOP of PostgreSQL', false),
  { ...pausedPostgres('SIGSTOP of PostgreSQL, coalescing', true), onlyLong: true },
  pausedRedis('ioredis', 'ioredis'),
  pausedRedis('redis', 'node-redis'),
];
