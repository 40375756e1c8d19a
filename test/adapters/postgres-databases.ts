import {
  type JoinedPostgresStorage,
  migrate,
  type OwnUsersOptions,
  type PostgresDatabase,
  postgresStorage,
  type StoredUser,
  type StoredUserStore,
} from '../../adapters/storage/postgres.ts';
import {
  type ConformanceCase,
  challengeStoreCases,
  joinedStoreCases,
  type Opened,
  type RaceOptions,
  sessionStoreCases,
  userStoreCases,
} from '../conformance/index.ts';
import { disableUser } from './disable-user.ts';
import { postgresBinaries } from './postgres-server.ts';

/** Whether tests that need a server can run; in CI they run, and fail without one. */
export const HAS_POSTGRES: boolean = process.env.CI === 'true' || postgresBinaries() !== null;

type Storage = JoinedPostgresStorage<StoredUserStore, StoredUser, Record<string, unknown>>;

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
  options: Pick<OwnUsersOptions, 'coalesce'> = {},
): readonly ConformanceCase[] {
  const fresh = async <Store>(pick: (storage: Storage) => Store): Promise<Opened<Store>> => {
    const [first, ...others] = databases();
    await emptied(first, schema);
    return {
      store: pick(postgresStorage(first, { schema, ...options })),
      peers: others.map((other) => pick(postgresStorage(other, { schema, ...options }))),
    };
  };
  let opened = 0;
  // Some cases open two at once, which must not be one.
  const freshJoined = async (): Promise<Opened<Storage['joined']>> => {
    const [first, ...others] = databases();
    const place = opened++ % 2 === 0 ? schema : `${schema} beside`;
    await migrate(first, { schema: place });
    await emptied(first, place);
    return {
      store: postgresStorage(first, { schema: place, ...options }).joined,
      peers: others.map((other) => postgresStorage(other, { schema: place, ...options }).joined),
    };
  };
  return [
    ...challengeStoreCases(() => fresh((storage) => storage.challenges), races),
    ...sessionStoreCases(() => fresh((storage) => storage.sessions), races),
    ...userStoreCases(() => fresh((storage) => storage.users), races),
    ...joinedStoreCases(freshJoined, { ...races, disable: disableUser }),
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
