import { Pool } from 'pg';
import postgres from 'postgres';
import { fromPostgresJs, type PostgresDatabase, postgresStorage } from '../../adapters/storage/postgres.ts';
import { serveStores } from '../conformance/processes.ts';

const databases = new Map<string, PostgresDatabase>();

// A process of its own on a schema of a server (`url schema`), migrated before; the drivers take turns.
serveStores((place, index) => {
  const [url = '', schema = ''] = place.split(' ');
  const open = (): PostgresDatabase =>
    index % 2 === 0 ? new Pool({ connectionString: url, max: 8 }) : fromPostgresJs(postgres(url, { max: 8 }));
  const database = databases.get(url) ?? open();
  databases.set(url, database);
  return postgresStorage(database, { schema });
});
