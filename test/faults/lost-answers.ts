import { migrate } from '../../adapters/storage/postgres.ts';
import { isPhoneAuthError } from '../../src/errors.ts';
import { startPostgres } from '../adapters/postgres-server.ts';
import type { RedisDriverName } from '../adapters/redis-clients.ts';
import { startRedis } from '../adapters/redis-server.ts';
import { doubledAccounts, missingFrom, type Stores } from './acknowledged.ts';
import { isOutage } from './load.ts';
import { openPostgres, openRedis, type PostgresDriver } from './open-stores.ts';
import { type Figures, type Form, type Scenario, sumOf } from './scenario.ts';
import { type Service, serviceOver } from './service-under-load.ts';
import { wordsFor } from './storm.ts';
import { type Loss, startProxy, type TcpProxy } from './tcp-proxy.ts';
import { type Course, type Trap, trapped } from './trap.ts';
import { newVisit, proceed, type Visit } from './visit.ts';
import { pause } from './waiting.ts';

const COURSES: readonly Course[] = [
  ['challenges.issue'],
  ['challenges.redeem'],
  ['challenges.redeem', 'challenges.spend'],
  ['challenges.redeem', 'challenges.spend', 'challenges.spend'],
  ['sessions.create'],
  ['sessions.rotate'],
  ['sessions.rotate', 'sessions.rotate'],
];
const COURSES_OF_USERS: readonly Course[] = [
  ['users.findByPhoneNumber'],
  ['users.create'],
  ['challenges.redeem', 'users.create', 'sessions.create', 'sessions.rotate'],
];
const COURSES_OF_JOINED: readonly Course[] = [
  ['joined.signIn'],
  ['joined.signIn', 'challenges.spend'],
  ['joined.refresh'],
  ['joined.refresh', 'joined.refresh'],
];

async function oneCourse(service: Service, trap: Trap, course: Course, loss: Loss): Promise<Figures> {
  const visit = newVisit();
  const name = `${course.join(', ')} (${loss} lost)`;
  const problems: string[] = [];
  const smsBefore = service.events.get('code.sent') ?? 0;
  service.takeAcknowledged();
  service.takeSeen();
  trap.set(course, loss);
  const firstFailureAt = performance.now();
  for (let tries = 0; ; tries++) {
    try {
      await proceed(service, visit);
      break;
    } catch (error) {
      if (isOutage(error) && tries < 50) await pause(20);
      else {
        problems.push(`${name}: ${wordsFor(error)}`);
        break;
      }
    }
  }
  const recoverySeconds = (performance.now() - firstFailureAt) / 1000;
  const { unavailable, slowestSeconds } = service.takeSeen();
  if (!trap.isSprung() || unavailable < course.length) problems.push(`${name}: ${unavailable} calls were unavailable`);
  if (slowestSeconds > service.deadline.port + 0.5) problems.push(`${name}: a call took ${slowestSeconds.toFixed(1)} s`);
  const messages = (service.events.get('code.sent') ?? 0) - smsBefore;
  if (messages !== 1) problems.push(`${name}: ${messages} messages left`);

  const acknowledged = service.takeAcknowledged();
  const missing = await missingFrom(service.stores, acknowledged);
  if (doubledAccounts(acknowledged).length > 0) problems.push(`${name}: several accounts`);
  const { sessions, again } = await aftermath(service, visit);
  if (again !== 'used') problems.push(`${name}: the code is ${again} afterwards`);
  // A session whose answer was lost is nobody's; it stays until it is idle for too long.
  const ownerless = loss === 'reply' && (course.includes('sessions.create') || course.includes('joined.signIn')) ? 1 : 0;
  if (sessions !== 1 + ownerless) problems.push(`${name}: ${sessions} sessions`);
  return { cycles: 1, acknowledged: acknowledged.length, missing: missing.length, unavailable, recoverySeconds, problems, remarks: [] };
}

async function aftermath({ auth, sent, stores }: Service, visit: Visit): Promise<{ readonly sessions: number; readonly again: string }> {
  const challengeId = visit.challengeId ?? '';
  const { code } = sent.get(challengeId) ?? { code: '' };
  const again = await auth.signInWithCode({ challengeId, code, client: { ip: null } }).then(
    () => 'accepted',
    (error: unknown) => (isPhoneAuthError(error, 'invalid_code') ? error.details.reason : wordsFor(error)),
  );
  const user = await stores.users.findByPhoneNumber({ phoneNumber: visit.phoneNumber as never });
  const { sessions } = await auth.listSessions({ userId: user?.id ?? '' });
  return { sessions: sessions.length, again };
}

async function everyCourse(stores: Stores, proxy: TcpProxy, courses: readonly Course[], { cycles }: Form): Promise<Figures> {
  const trap = trapped(stores, proxy);
  const service = serviceOver(trap.stores);
  // Whatever a driver or the server learns at first is learnt here, so that each verb is one question and one answer.
  await proceed(service, newVisit());
  await stores.challenges.spend({
    ...{ proofHash: 'a', nextProofHash: 'b', phoneKey: 'c', purposes: ['verify'], userId: null, contextHash: null, reference: null },
    now: Date.now(),
  });
  const figures: Figures[] = [];
  for (let cycle = 0; cycle < cycles; cycle++) {
    for (const course of courses)
      for (const loss of ['reply', 'request'] as const) figures.push(await oneCourse(service, trap, course, loss));
  }
  return { ...sumOf(figures), remarks: [`${proxy.lost()} connections were lost`] };
}

function lostByPostgres(driver: PostgresDriver, title: string, coalesce = false): Scenario {
  return {
    name: `connection lost around the commit of PostgreSQL (${title})`,
    needs: ['postgres'],
    loses: 'nothing',
    recoverySeconds: 5,
    async run(form) {
      const server = await startPostgres();
      const proxy = await startProxy(server.port);
      const { database, stores, close } = openPostgres(proxy.port, { driver, coalesce, connections: 1 });
      try {
        await migrate(database);
        const { joined: _, ...singly } = stores;
        return sumOf([
          await everyCourse(singly, proxy, [...COURSES, ...COURSES_OF_USERS], form),
          await everyCourse(stores, proxy, COURSES_OF_JOINED, form),
        ]);
      } finally {
        await close();
        await proxy.close();
        await server.stop();
      }
    },
  };
}

function lostByRedis(driver: RedisDriverName, title: string): Scenario {
  return {
    name: `connection lost around a step of Redis (${title})`,
    needs: ['redis'],
    loses: 'nothing',
    recoverySeconds: 5,
    async run(form) {
      const server = await startRedis();
      const proxy = await startProxy(server.port);
      const { stores, close } = await openRedis(proxy.port, driver);
      try {
        return await everyCourse(stores, proxy, COURSES, form);
      } finally {
        await close();
        await proxy.close();
        await server.stop();
      }
    },
  };
}

/** Connections that break just before a step, or just after it, where nobody can tell which it was. */
export const LOST_ANSWERS: readonly Scenario[] = [
  lostByPostgres('pg', 'pg'),
  lostByPostgres('postgres', 'postgres.js'),
  lostByPostgres('pg', 'pg, coalescing', true),
  lostByRedis('ioredis', 'ioredis'),
  lostByRedis('redis', 'node-redis'),
];
