import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HAS_POSTGRES } from './adapters/postgres-databases.ts';
import { HAS_REDIS } from './adapters/redis-server.ts';
import { type BenchServers, startBenchServers } from './bench/bench-servers.ts';
import { closedLoop } from './bench/closed-loop.ts';
import { allConfigurations, nameOf, quickConfigurations } from './bench/configurations.ts';
import { flowRowsOf } from './bench/flow-rows.ts';
import { isReached } from './bench/goal.ts';
import { goalsOf } from './bench/goals.ts';
import { interleaved } from './bench/interleaved.ts';
import { loadFigures } from './bench/load-figures.ts';
import { openLoadService } from './bench/load-service.ts';
import { loadVisits } from './bench/load-visits.ts';
import { type FlowFigures, measureFlow, type PhaseFigures, type Subject } from './bench/measure-flow.ts';
import type { FlowRow } from './bench/measure-parts.ts';
import { reportPage } from './bench/report-page.ts';
import { environmentOf } from './bench/server-addresses.ts';
import { speedChart } from './bench/speed-chart.ts';
import { median, pairedRatios, shown, shownSpread, slopeOf, spreadOf } from './bench/statistics.ts';
import { HOSTS, type OpenSystem, type Operations, type StoreName } from './bench/systems/system.ts';
import { loadSystem, type SystemName } from './bench/systems/systems.ts';
import { visitorOf, visitorsFrom } from './bench/visitor.ts';
import { bodyOf, wireClient } from './bench/wire-connection.ts';
import { textOf } from './house/source-file.ts';

const SMALL = { visitors: 20, warmUp: 5, workers: 8 };

function subjectOf({ settle, codeFor }: OpenSystem, operations: Operations): Subject {
  return {
    operations,
    async codesFor(phoneNumbers) {
      await settle();
      return phoneNumbers.map(codeFor);
    },
    appCpuMicroseconds: async () => process.cpuUsage().user,
  };
}

describe('a flow of the benchmark', () => {
  it.each<SystemName>(['ringlatch', 'floor'])('is measured in memory for %s', async (name) => {
    const open = await (await loadSystem(name)).open('memory');
    const figures = await measureFlow(subjectOf(open, open.operations as Operations), SMALL);
    expect(Object.keys(figures)).toEqual(
      name === 'floor' ? ['requestNew', 'signUp', 'request', 'login'] : ['requestNew', 'signUp', 'request', 'login', 'refresh'],
    );
    for (const { perSecond, p50Ms, p99Ms } of Object.values(figures)) {
      expect(perSecond).toBeGreaterThan(0);
      expect(p99Ms).toBeGreaterThanOrEqual(p50Ms);
    }
    await open.close();
  });

  it.each(HOSTS.flatMap((host) => (['ringlatch', 'floor', 'stub', 'bare'] as const).map((name) => ({ host, name }))))(
    'is served by $host for $name',
    async ({ host, name }) => {
      const system = await loadSystem(name);
      const open = await system.open(name === 'stub' || name === 'bare' ? 'none' : 'memory');
      const { port, close } = await open.listen(host);
      const client = wireClient(port);
      const figures = await measureFlow(subjectOf(open, system.wire(client.send)), SMALL);
      expect(figures.login?.perSecond).toBeGreaterThan(0);
      client.close();
      await close();
      await open.close();
    },
  );

  it('fails when an operation is refused, instead of measuring refusals', async () => {
    const open = await (await loadSystem('ringlatch')).open('memory');
    const { requestCode, signIn } = open.operations as Operations;
    const wrong = { requestCode, signIn: (visitor: Parameters<typeof signIn>[0]) => signIn(visitor, '000000') };
    await expect(measureFlow(subjectOf(open, wrong), SMALL)).rejects.toMatchObject({ code: 'invalid_code' });
  });
});

describe('a load run', () => {
  it('goes on through rotations of all secrets', async () => {
    const service = await openLoadService('memory');
    const { fill, visit } = loadVisits(service, 10);
    await fill();
    for (let turn = 0; turn < 60; turn++) {
      if (turn % 20 === 10) service.rotateSecrets();
      for (const kind of ['verify', 'refresh', 'request', 'redeem', 'verify'] as const) await visit(kind);
    }
    await service.close();
  });

  it('counts calls by kind, and errors by code', () => {
    const figures = loadFigures();
    for (const milliseconds of [1, 2, 3]) figures.note('verify', milliseconds);
    figures.noteError('redeem', Object.assign(new Error('no'), { code: 'invalid_code' }));
    const { verify, redeem } = figures.kinds(3);
    expect(verify?.perSecond).toBe(1);
    expect(verify?.p50Ms).toBeCloseTo(2, 2);
    expect(redeem?.failed).toBe(1);
    expect(figures.errors()).toEqual({ invalid_code: 1 });
  });
});

const FLOORS: readonly (readonly [SystemName, StoreName])[] = [
  ['floor', 'memory'],
  ['floor', 'sqlite'],
  ['floor, coalescing', 'sqlite'],
  ...(HAS_POSTGRES && HAS_REDIS
    ? ([
        ['floor', 'postgres'],
        ['floor', 'redis'],
        ['floor', 'redis+postgres'],
        ['floor, coalescing', 'postgres'],
      ] as const)
    : []),
];

describe('the floor keeps what makes a sign-in safe', () => {
  let servers: BenchServers | null = null;
  beforeAll(async () => {
    servers = HAS_POSTGRES && HAS_REDIS ? await startBenchServers() : null;
    const none = { postgresUrl: '', postgresPid: 0, redisUrl: '', redisPid: 0, folder: tmpdir() };
    Object.assign(process.env, environmentOf(servers?.addresses ?? none));
  });
  afterAll(async () => {
    await servers?.stop();
  });

  it.each(FLOORS)('%s over %s: one code opens one session, and five wrong ones close it', async (name, store) => {
    const open = await (await loadSystem(name)).open(store);
    const { requestCode, signIn } = open.operations as Operations;
    const [owner, target] = [visitorOf(1), visitorOf(2)];
    await requestCode(owner);
    const tries = await Promise.allSettled(Array.from({ length: 50 }, () => signIn(owner, open.codeFor(owner.phoneNumber))));
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);

    await requestCode(target);
    const code = open.codeFor(target.phoneNumber);
    const wrong = code === '111111' ? '222222' : '111111';
    for (let guess = 0; guess < 5; guess++) await expect(signIn(target, wrong)).rejects.toThrow();
    await expect(signIn(target, code)).rejects.toThrow();
    await open.close();
  });
});

describe('what is reckoned', () => {
  it('is the middle of the values, and their range', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(shownSpread(spreadOf([2, 4, 3]))).toBe('3 (2..4)');
    expect(shownSpread(spreadOf([]))).toBe('–');
    expect([0.123, 12.34, 123.4, 12_345, Number.NaN].map(shown)).toEqual(['0.12', '12', '123', '12,300', '–']);
  });

  it('is a ratio of runs of the same round', () => {
    const above = [10, 30, 99].map((value, round) => ({ round, value }));
    const below = [
      { round: 1, value: 10 },
      { round: 0, value: 2 },
    ];
    expect(pairedRatios(above, below, ({ value }) => value)).toEqual([5, 3]);
  });

  it('is a slope by least squares', () => {
    const line = [0, 1, 2, 3].map((x) => [x, 7 + 2.5 * x] as const);
    expect(slopeOf(line)).toBeCloseTo(2.5, 12);
    expect(slopeOf([[1, 1]])).toBeNaN();
  });

  it('is every piece of work once, by no more workers than there are', async () => {
    const seen: number[] = [];
    let [underWay, most] = [0, 0];
    await closedLoop(20, 4, async (index) => {
      most = Math.max(most, ++underWay);
      await new Promise(setImmediate);
      seen.push(index);
      underWay--;
    });
    expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index));
    expect(most).toBe(4);
  });

  it('is everything once a round, beginning elsewhere', () => {
    const items = ['a', 'b', 'c', 'd'];
    const rounds = [...interleaved(items, 3)];
    for (const round of [0, 1, 2])
      expect(rounds.filter((one) => one.round === round).map(({ item }) => item)).toEqual(expect.arrayContaining(items));
    expect(rounds[0]?.item).not.toBe(rounds[4]?.item);
  });

  it('gives each visitor a number and an address of their own, in many blocks', () => {
    const visitors = visitorsFrom(0, 5000);
    expect(new Set(visitors.map(({ phoneNumber }) => phoneNumber)).size).toBe(5000);
    expect(new Set(visitors.map(({ ip }) => ip)).size).toBe(5000);
    expect(new Set(visitors.map(({ phoneNumber }) => phoneNumber.slice(0, -4))).size).toBeGreaterThan(500);
  });

  it.each([
    ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{"a":', '{"a":'],
    ['HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n{"a":', null],
    ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\n{"a\r\n4\r\n":1}\r\n0\r\n\r\n', '{"a":1}'],
    ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\n{"a\r\n', null],
    ['HTTP/1.1 204 No Content\r\n\r\n', ''],
    ['HTTP/1.1 200', null],
  ])('reads the body of %j', (received, body) => {
    expect(bodyOf(received)).toBe(body);
  });
});

describe('the packages of the benchmark', () => {
  it('are those that the library is tested with', () => {
    const { dependencies } = JSON.parse(textOf('test/bench/package.json')) as { readonly dependencies: Readonly<Record<string, string>> };
    const { packages } = JSON.parse(textOf('package-lock.json')) as {
      readonly packages: Readonly<Record<string, { readonly version: string }>>;
    };
    const tested = Object.keys(dependencies).flatMap((name) => {
      const version = packages[`node_modules/${name}`]?.version;
      return version === undefined ? [] : [[name, version]];
    });
    expect(tested.length).toBeGreaterThan(5);
    expect(dependencies).toMatchObject(Object.fromEntries(tested));
  });

  it('come from whatever registry is configured', () => {
    expect(textOf('test/bench/package-lock.json')).not.toMatch(/"resolved"/);
  });
});

describe('the report', () => {
  const flowAt = (microseconds: number, visitors: number): FlowFigures => {
    const phase: PhaseFigures = {
      perSecond: 1e6 / microseconds,
      p50Ms: 1,
      p99Ms: 2,
      wallMs: (microseconds * visitors) / 1000,
      appMicroseconds: microseconds,
      storeMicroseconds: 1,
    };
    return { requestNew: phase, signUp: phase, request: phase, login: phase };
  };
  const cost = (system: SystemName): number => (system === 'better-auth' ? 900 : system === 'floor' ? 50 : 100);
  const rows: readonly FlowRow[] = allConfigurations().flatMap((one) =>
    [0, 1].map((round): FlowRow => ({ ...one, round, phases: flowAt(cost(one.system), one.visitors) })),
  );
  const footprint = [{ store: 'redis', visitors: 20_000, requested: 900, signedUp: 400, lasting: null }] as const;
  const measured = { flows: flowRowsOf(rows), trips: [], growth: [], footprint, startup: [], load: [] };

  it('says of each goal whether it is reached', () => {
    const goals = goalsOf(measured);
    const reached = (what: string): readonly boolean[] => goals.filter((goal) => goal.what === what).map(isReached);
    expect(reached('app CPU per flow, ringlatch, postgres, Fastify ÷ floor')).toEqual([false]);
    expect(reached('CPU of the routes over a stub, fastify ÷ routes by hand')).toEqual([true]);
    expect(reached('flows/s, ringlatch, postgres, Fastify ÷ better-auth')).toEqual([true]);
    expect(reached('flows/s, ringlatch, coalescing, postgres, Fastify ÷ better-auth')).toEqual([false]);
  });

  it('has every run in a table, the ratios between them, and nothing that is not a number', () => {
    const page = reportPage(measured, null, false);
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
    expect(page).toContain('| better-auth ÷ ringlatch, postgres, fastify | 9 (9..9) |');
    expect(page).toContain('| redis | 900 | 400 | – |');
    expect(page.match(/^\| ringlatch, postgres \|/gm)?.length).toBeGreaterThanOrEqual(4);
  });

  it('draws a bar for each system with its figure', () => {
    const svg = speedChart(measured.flows) ?? '';
    expect(svg).toMatch(/^<svg xmlns[\s\S]*<\/svg>\n$/);
    expect(svg.match(/<rect class="b/g)).toHaveLength(11);
    expect(svg.length).toBeLessThan(8000);
    expect(speedChart(flowRowsOf([]))).toBeNull();
  });

  it('has rows for a glance that are rows of the whole', () => {
    const whole = new Set(allConfigurations().map(nameOf));
    expect(whole.size).toBe(allConfigurations().length);
    expect(quickConfigurations().filter((one) => !whole.has(nameOf(one)))).toEqual([]);
  });
});
