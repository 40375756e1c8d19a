import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import type { Setup } from './results.ts';

const NAMED = ['ringlatch', 'better-auth', 'pg', 'ioredis', 'better-sqlite3', 'fastify', 'express', 'hono'] as const;

/** What a figure is worth without: the versions and the machine. */
export function setupOf(servers: { readonly postgres: string; readonly redis: string }): Setup {
  const [processor] = cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    processor: processor?.model.trim() ?? 'unknown',
    cores: cpus().length,
    versions: {
      node: process.versions.node,
      PostgreSQL: servers.postgres,
      Redis: servers.redis,
      ...Object.fromEntries(NAMED.map((name) => [name, versionOf(name)])),
    },
  };
}

function versionOf(name: string): string {
  const file = join(import.meta.dirname, 'node_modules', name, 'package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string }).version;
}
