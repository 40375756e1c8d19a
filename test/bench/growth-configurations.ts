import type { GrowthConfiguration } from './growth.ts';
import type { SystemName } from './systems/systems.ts';

/** Users in memory and codes in Postgres, few to many, for the library and what stands beside it. */
export function growthConfigurations(quick: boolean, users: number): readonly GrowthConfiguration[] {
  const memory = (system: SystemName, stored: number, visitors = 1000): GrowthConfiguration => ({
    system,
    store: 'memory',
    stored,
    visitors,
  });
  const codes = (system: SystemName, stored: number, visitors = 5000): GrowthConfiguration => ({
    system,
    store: 'postgres',
    stored,
    visitors,
  });
  if (quick) return [memory('ringlatch', 1000), memory('ringlatch', 10_000), codes('ringlatch', 0, 500), codes('ringlatch', 2000, 500)];
  const sizes = [1000, 10_000, 100_000, ...(users > 100_000 ? [users] : [])];
  return [
    ...sizes.flatMap((stored) => [memory('ringlatch', stored), memory('floor', stored)]),
    // Beyond these it takes minutes.
    ...[100, 500, 2000].map((stored) => memory('better-auth', stored, 50)),
    ...[0, 10_000, 50_000].flatMap((stored) => [codes('ringlatch', stored), codes('floor', stored), codes('better-auth', stored, 500)]),
  ];
}
