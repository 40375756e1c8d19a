/** Where the servers of a benchmark are; its processes are told by the environment. */
export interface ServerAddresses {
  readonly postgresUrl: string;
  readonly postgresPid: number;
  readonly redisUrl: string;
  readonly redisPid: number;
  /** For files of SQLite. */
  readonly folder: string;
}

const VARIABLES: { readonly [Key in keyof ServerAddresses]: string } = {
  postgresUrl: 'BENCH_POSTGRES_URL',
  postgresPid: 'BENCH_POSTGRES_PID',
  redisUrl: 'BENCH_REDIS_URL',
  redisPid: 'BENCH_REDIS_PID',
  folder: 'BENCH_FOLDER',
};

/** What to put into the environment of a process. */
export function environmentOf(addresses: ServerAddresses): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(VARIABLES).map(([key, name]) => [name, String(addresses[key as keyof ServerAddresses])]));
}

/** What this process was told; without servers nothing but memory can be measured. */
export function serverAddresses(): ServerAddresses {
  const { postgresUrl, postgresPid, redisUrl, redisPid, folder } = VARIABLES;
  return {
    postgresUrl: process.env[postgresUrl] ?? '',
    postgresPid: Number(process.env[postgresPid] ?? 0),
    redisUrl: process.env[redisUrl] ?? '',
    redisPid: Number(process.env[redisPid] ?? 0),
    folder: process.env[folder] ?? '',
  };
}
