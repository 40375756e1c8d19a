import { HAS_POSTGRES } from './adapters/postgres-databases.ts';
import { HAS_REDIS } from './adapters/redis-server.ts';

/** Says by name, behind everything else, which stores this machine could not run. In CI there is no such store: their tests fail. */
export function teardown(): void {
  const missing = [
    ...(HAS_POSTGRES ? [] : ['Postgres through pg and postgres.js: no PostgreSQL server is installed']),
    ...(HAS_REDIS ? [] : ['Redis and Redis Cluster: no redis-server is installed']),
  ];
  for (const line of missing) process.stdout.write(`not run: ${line}\n`);
}
