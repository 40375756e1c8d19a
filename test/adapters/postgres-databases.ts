import { type PostgresDatabase, type PostgresStorage, postgresStorage, type StoredUserStore } from '../../adapters/storage/postgres.ts';
import {
  type ConformanceCase,
  challengeStoreCases,
  type Opened,
  type RaceOptions,
  sessionStoreCases,
  userStoreCases,
} from '../conformance/index.ts';
import { postgresBinaries } from './postgres-server.ts';

/** Whether tests that need a server can run; in CI they run, and fail without one. */
export const HAS_POSTGRES: boolean = process.env.CI === 'true' || postgresBinaries() !== null;

type Storage = PostgresStorage<StoredUserStore>;

const TABLES = ['challenges', 'proofs', 'slots', 'deliveries', 'sessions', 'users'];

/** Empties a schema that was migrated, which is quicker than making another one. */
export async function emptied(database: PostgresDatabase, schema: string): Promise<void> {
  await database.query(`truncate ${TABLES.map((table) => `"${schema.replaceAll('"', '""')}".${table}`).join(', ')}`, []);
}

/** Every case of the three stores over one schema; races are spread over all databases, which are connections to the same data. */
export function postgresCases(
  databases: () => readonly [PostgresDatabase, ...PostgresDatabase[]],
  schema: string,
  races: RaceOptions,
): readonly ConformanceCase[] {
  const fresh = async <Store>(pick: (storage: Storage) => Store): Promise<Opened<Store>> => {
    const [first, ...others] = databases();
    await emptied(first, schema);
    return { store: pick(postgresStorage(first, { schema })), peers: others.map((other) => pick(postgresStorage(other, { schema }))) };
  };
  return [
    ...challengeStoreCases(() => fresh((storage) => storage.challenges), races),
    ...sessionStoreCases(() => fresh((storage) => storage.sessions), races),
    ...userStoreCases(() => fresh((storage) => storage.users), races),
  ];
}

/** A database that remembers what was asked of it. */
export function counted(database: PostgresDatabase): { readonly database: PostgresDatabase; readonly trips: readonly string[] } {
  const trips: string[] = [];
  const query: PostgresDatabase['query'] = (text, values) => {
    trips.push(text);
    return database.query(text, values);
  };
  return { database: { query }, trips };
}
