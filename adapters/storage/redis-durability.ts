import type { Evaluate, RedisClient, ServerCommands } from './redis-client.ts';

/** What survives a crash of the servers that were asked. */
export interface RedisDurability {
  /** `aof`: an append-only file; `snapshot`: what the last snapshot held; `none`: nothing. Of several servers the weakest. */
  readonly class: 'aof' | 'snapshot' | 'none';
  /** When the append-only file is flushed; `null`: there is none, or the server does not tell. */
  readonly appendfsync: 'always' | 'everysec' | 'no' | null;
  /** The same in words, for a log at start. */
  readonly text: string;
}

/** What one server says about itself. */
interface ServerFacts {
  readonly maxmemoryPolicy: string;
  readonly hasAppendOnlyFile: boolean;
  readonly hasSnapshots: boolean;
}

// One key in the middle of each sixteenth of the slots: no master with a usual share of them stays unasked.
const PROBES: readonly number[] = [18, 455, 333, 223, 553, 443, 95, 663, 265, 375, 908, 155, 985, 895, 405, 515];
const INFO = "return { redis.call('INFO', 'memory'), redis.call('INFO', 'persistence') }";
const CLASSES: readonly RedisDurability['class'][] = ['none', 'snapshot', 'aof'];

/** Reads what the server, or the masters of a cluster, say about memory and persistence. */
export async function askServers(
  evaluate: Evaluate,
  client: RedisClient,
  prefix: string,
  isCluster: boolean,
): Promise<readonly ServerFacts[]> {
  const probes = (isCluster ? PROBES : PROBES.slice(0, 1)).map((slot) => `${prefix}probe:{${slot}}`);
  try {
    return await Promise.all(probes.map(async (key) => factsIn(String(await evaluate(INFO, [key], [])))));
  } catch (error) {
    const { info } = client as ServerCommands;
    if (info === undefined || isCluster) throw unreadable(error);
    try {
      return [factsIn(`${await info.call(client, 'memory')}\n${await info.call(client, 'persistence')}`)];
    } catch (cause) {
      throw unreadable(cause);
    }
  }
}

/** @throws {Error} when one of the servers may forget live counters for want of memory */
export function refuseEviction(servers: readonly ServerFacts[]): void {
  const evicting = servers.find(({ maxmemoryPolicy }) => maxmemoryPolicy !== 'noeviction');
  if (evicting === undefined) return;
  throw new Error(
    `redisStorage: maxmemory-policy is "${evicting.maxmemoryPolicy}": Redis would forget counters, and with them every limit. Set maxmemory-policy to noeviction, or accept that with { allowEviction: true }.`,
  );
}

/** What the servers keep; asks the driver for settings that a script may not read. */
export async function durabilityOf(client: RedisClient, servers: readonly ServerFacts[], isCluster: boolean): Promise<RedisDurability> {
  const setting = async (name: string): Promise<string | null> => (isCluster ? null : settingOf(client, name));
  const savePoints = await setting('save');
  const classes = servers.map((server) => {
    if (server.hasAppendOnlyFile) return 'aof';
    return server.hasSnapshots || (savePoints ?? '') !== '' ? 'snapshot' : 'none';
  });
  const weakest = CLASSES.find((name) => classes.includes(name)) ?? 'none';
  const flush = weakest === 'aof' ? await setting('appendfsync') : null;
  const appendfsync = flush === 'always' || flush === 'everysec' || flush === 'no' ? flush : null;
  return { class: weakest, appendfsync, text: `${wordsFor(weakest, appendfsync)} ${FAILOVER}` };
}

const FAILOVER = 'Replication is asynchronous: a failover may lose the last answered writes.';

function wordsFor(name: RedisDurability['class'], appendfsync: RedisDurability['appendfsync']): string {
  if (name === 'none') return 'Redis keeps nothing on disk: a crash forgets every challenge, session and counter.';
  if (name === 'snapshot') return 'Redis keeps snapshots: a crash brings codes, proofs and counters back as they were at the last one.';
  if (appendfsync === 'always') return 'Redis flushes its append-only file at every write: what was answered survives a crash.';
  if (appendfsync === null) return 'Redis keeps an append-only file; with appendfsync other than always a crash may lose the last seconds.';
  return `Redis keeps an append-only file, appendfsync ${appendfsync}: a crash may lose the last ${appendfsync === 'no' ? 'half minute' : 'seconds'}.`;
}

function factsIn(info: string): ServerFacts {
  const said = (name: string): string | undefined => new RegExp(`\\b${name}:(\\S*)`).exec(info)?.[1];
  const maxmemoryPolicy = said('maxmemory_policy');
  if (maxmemoryPolicy === undefined) throw new Error('INFO names no maxmemory_policy.');
  return {
    maxmemoryPolicy,
    hasAppendOnlyFile: said('aof_enabled') === '1',
    hasSnapshots: Number(said('rdb_saves') ?? 0) > 0,
  };
}

// Hosts often forbid CONFIG; then nobody knows.
async function settingOf(client: RedisClient, name: string): Promise<string | null> {
  const commands = client as ServerCommands;
  try {
    if (commands.configGet !== undefined)
      return (((await commands.configGet(name)) as Record<string, string>)[name] ?? null) as string | null;
    if (commands.config !== undefined) return (((await commands.config('GET', name)) as readonly string[])[1] ?? null) as string | null;
  } catch {
    return null;
  }
  return null;
}

function unreadable(cause: unknown): Error {
  return new Error(
    'redisStorage: could not read maxmemory-policy with INFO. Is Redis there, and may this user run INFO? { allowEviction: true } does without.',
    { cause },
  );
}
