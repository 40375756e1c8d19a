import type { System } from './system.ts';

/** Everything that can be measured. */
export const SYSTEM_NAMES = [
  'ringlatch',
  'ringlatch, coalescing',
  'ringlatch, passwords',
  'floor',
  'floor, coalescing',
  'better-auth',
  'better-auth, limiter on',
  'stub',
  'bare',
] as const;
export type SystemName = (typeof SYSTEM_NAMES)[number];

/** Loads one system and nothing of the others. */
export async function loadSystem(name: SystemName): Promise<System> {
  switch (name) {
    case 'ringlatch':
      return (await import('./ringlatch.ts')).ringlatch;
    case 'ringlatch, coalescing':
      return (await import('./ringlatch.ts')).coalescingRinglatch;
    case 'ringlatch, passwords':
      return (await import('./ringlatch.ts')).ringlatchWithPasswords;
    case 'floor':
      return (await import('./floor.ts')).floor;
    case 'floor, coalescing':
      return (await import('./floor.ts')).coalescingFloor;
    case 'better-auth':
      return (await import('./better-auth.ts')).betterAuth;
    case 'better-auth, limiter on':
      return (await import('./better-auth.ts')).limitedBetterAuth;
    case 'stub':
      return (await import('./bare.ts')).stub;
    case 'bare':
      return (await import('./bare.ts')).bare;
  }
}
