import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What importing something costs a fresh process. */
export interface StartupRow {
  readonly round: number;
  readonly what: string;
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly rssMegabytes: number;
}

const LIBRARY = join(import.meta.dirname, 'node_modules/ringlatch/package.json');
const BUILT_IN = /testing|conformance/;

/** Imports by name: nothing, each subpath of the library, the library as a small application has it, and what stands beside it. */
export function startupCases(): Readonly<Record<string, readonly string[]>> {
  const { exports } = JSON.parse(readFileSync(LIBRARY, 'utf8')) as { readonly exports: Readonly<Record<string, unknown>> };
  const subpaths = Object.keys(exports)
    .filter((subpath) => subpath !== './package.json' && !BUILT_IN.test(subpath))
    .map((subpath) => `ringlatch${subpath.slice(1)}`);
  return {
    nothing: [],
    ...Object.fromEntries(subpaths.map((subpath) => [subpath, [subpath]])),
    'ringlatch, jose, postgres, fastify': ['ringlatch', 'ringlatch/jose', 'ringlatch/postgres', 'ringlatch/fastify'],
    'better-auth with its phone-number plugin': ['better-auth', 'better-auth/plugins/phone-number'],
    'better-auth/minimal with its phone-number plugin': ['better-auth/minimal', 'better-auth/plugins/phone-number'],
    fastify: ['fastify'],
    express: ['express'],
    pg: ['pg'],
    ioredis: ['ioredis'],
  };
}

/** Imports in a process that does nothing else. */
export function startupOf(what: string, specifiers: readonly string[], round: number): StartupRow {
  const imports = specifiers.map((specifier) => `await import('${specifier}');`).join('');
  const script = `const rss = process.memoryUsage.rss(), cpu = process.cpuUsage(), at = performance.now(); ${imports}
    const wallMs = performance.now() - at, { user, system } = process.cpuUsage(cpu), grown = process.memoryUsage.rss() - rss;
    process.stdout.write(JSON.stringify({ wallMs, cpuMs: (user + system) / 1000, rssMegabytes: grown / 2 ** 20 }));
    process.exit(0);`;
  const printed = execFileSync(process.execPath, ['--no-warnings', '--input-type=module', '-e', script], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
    env: { ...process.env, NODE_ENV: 'production' },
  });
  return { round, what, ...(JSON.parse(printed) as Omit<StartupRow, 'round' | 'what'>) };
}
