import { appOfFlow, type FlowRows, flowsPerSecond } from './flow-rows.ts';
import { type Goal, goal } from './goal.ts';
import type { FlowRow } from './measure-parts.ts';
import { pairedRatios } from './statistics.ts';
import { HOSTS, type StoreName } from './systems/system.ts';
import type { SystemName } from './systems/systems.ts';

/** What must hold of flows beside others. */
export function flowGoals(flows: FlowRows): readonly Goal[] {
  return [...besideBetterAuth(flows), ...besideTheFloor(flows), ...ofAdapters(flows)];
}

function besideBetterAuth(flows: FlowRows): readonly Goal[] {
  const cases: readonly (readonly [SystemName, StoreName, flows: number, cpu: number | null])[] = [
    ['ringlatch', 'postgres', 8, 12],
    ['ringlatch, coalescing', 'postgres', 15, 25],
    ['ringlatch', 'sqlite', 15, 15],
    ['ringlatch, coalescing', 'sqlite', 15, 15],
    ['ringlatch', 'redis+postgres', 8, null],
  ];
  return cases.flatMap(([system, store, leastFlows, leastCpu]) => {
    const [ours, theirs] = [flows.of(system, store, 'fastify'), flows.of('better-auth', store, 'fastify')];
    const name = `${system}, ${store}, Fastify`;
    return [
      goal(`flows/s, ${name} ÷ better-auth`, 'be at least', leastFlows, pairedRatios(ours, theirs, flowsPerSecond)),
      ...(leastCpu === null
        ? []
        : [goal(`app CPU per flow, better-auth ÷ ${name}`, 'be at least', leastCpu, pairedRatios(theirs, ours, appOfFlow))]),
    ];
  });
}

function besideTheFloor(flows: FlowRows): readonly Goal[] {
  const cpu = (system: SystemName, floor: SystemName, store: StoreName): Goal =>
    goal(
      `app CPU per flow, ${system}, ${store}, Fastify ÷ ${floor}`,
      'be at most',
      1.6,
      pairedRatios(flows.of(system, store, 'fastify'), flows.of(floor, store, 'fastify'), appOfFlow),
    );
  const p50 = ({ phases }: FlowRow): number => phases.login?.p50Ms ?? Number.NaN;
  return [
    ...(['memory', 'sqlite', 'postgres', 'redis', 'redis+postgres'] as const).map((store) => cpu('ringlatch', 'floor', store)),
    ...(['sqlite', 'postgres'] as const).map((store) => cpu('ringlatch, coalescing', 'floor, coalescing', store)),
    goal(
      'p50 of a login, one client, postgres, Fastify ÷ floor',
      'be at most',
      1.4,
      pairedRatios(flows.of('ringlatch', 'postgres', 'fastify', 1), flows.of('floor', 'postgres', 'fastify', 1), p50),
    ),
  ];
}

function ofAdapters(flows: FlowRows): readonly Goal[] {
  return HOSTS.map((host) =>
    goal(
      `CPU of the routes over a stub, ${host} ÷ routes by hand`,
      'be at most',
      1.15,
      pairedRatios(flows.of('stub', 'none', host), flows.of('bare', 'none', host), appOfFlow),
    ),
  );
}
