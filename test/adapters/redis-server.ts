import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** How a server is set up. */
export interface RedisServerOptions {
  /** `true` flushes at every write unless `appendfsync` says otherwise. @default false */
  readonly appendonly?: boolean;
  readonly appendfsync?: 'always' | 'everysec' | 'no';
  /** As redis.conf has it: `2mb`. */
  readonly maxmemory?: string;
  readonly maxmemoryPolicy?: string;
  /** Snapshot points, as redis.conf has them. @default none */
  readonly save?: string;
  /** Further words of the command line. */
  readonly args?: readonly string[];
}

/** A server of the test's own, with its data in a folder of its own. */
export interface RedisServer {
  readonly port: number;
  readonly pid: () => number;
  /** Ends it, and its data. */
  readonly stop: () => Promise<void>;
  readonly kill9: () => Promise<void>;
  /** Starts it again on what its folder holds, after {@link kill9} or instead of the one that runs. */
  readonly restart: () => Promise<void>;
}

/** Whether tests that need a server can run; in CI they run and fail without one. */
export const HAS_REDIS: boolean = process.env.CI === 'true' || spawnSync('redis-server', ['--version']).status === 0;

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts a server on a free port. */
export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const { appendonly = false, appendfsync = 'always', maxmemory, maxmemoryPolicy, save = '', args = [] } = options;
  const folder = mkdtempSync(join(tmpdir(), 'ringlatch-redis-'));
  const port = await freePort();
  const words = [
    ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', save, '--loglevel', 'warning'],
    ...['--appendonly', appendonly ? 'yes' : 'no', '--appendfsync', appendfsync],
    ...(maxmemory === undefined ? [] : ['--maxmemory', maxmemory]),
    ...(maxmemoryPolicy === undefined ? [] : ['--maxmemory-policy', maxmemoryPolicy]),
    ...args,
  ];
  let child = await launch(port, words);
  const kill9 = async (): Promise<void> => {
    if (!running.has(child)) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };
  return {
    port,
    pid: () => child.pid ?? 0,
    kill9,
    async restart() {
      await kill9();
      child = await launch(port, words);
    },
    async stop() {
      await kill9();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A Redis Cluster of the test's own. */
export interface RedisCluster {
  readonly nodes: readonly RedisServer[];
  readonly stop: () => Promise<void>;
}

/** Starts a cluster; it takes some seconds. */
export async function startRedisCluster(
  options: { readonly masters?: number; readonly replicas?: number; readonly server?: RedisServerOptions } = {},
): Promise<RedisCluster> {
  const { masters = 3, replicas = 0, server = {} } = options;
  const args = [...(server.args ?? []), '--cluster-enabled', 'yes', '--cluster-node-timeout', '2000', '--repl-diskless-sync-delay', '0'];
  const nodes: RedisServer[] = [];
  for (let count = 0; count < masters * (1 + replicas); count++) nodes.push(await startRedis({ ...server, args }));
  const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`);
  await cli('--cluster', 'create', ...addresses, '--cluster-replicas', String(replicas), '--cluster-yes');
  for (const { port } of nodes) {
    const isReady = async (): Promise<boolean> => {
      const [state, role] = [await cli('-p', `${port}`, 'cluster', 'info'), await cli('-p', `${port}`, 'info', 'replication')];
      // A replica that has not copied yet can take nothing over.
      const isCopied = role.includes('role:master')
        ? role.includes(`connected_slaves:${replicas}`)
        : role.includes('master_link_status:up');
      return state.includes('cluster_state:ok') && isCopied;
    };
    await until(isReady, 'the cluster to be whole');
  }
  return { nodes, stop: async () => void (await Promise.all(nodes.map((node) => node.stop()))) };
}

/** Runs redis-cli and gives what it prints. */
export async function cli(...words: readonly string[]): Promise<string> {
  return (await promisify(execFile)('redis-cli', [...words])).stdout;
}

async function launch(port: number, words: readonly string[]): Promise<ChildProcess> {
  const child = spawn('redis-server', words, { stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  child.stdout.on('data', (text: Buffer) => {
    printed = `${printed}${text}`.slice(-2000);
  });
  running.add(child);
  child.on('exit', () => running.delete(child));
  // An `error` (there is no such program) rejects by itself.
  const failed = once(child, 'exit').then(() => Promise.reject(new Error(`redis-server ended: ${printed}`)));
  await Promise.race([failed, until(() => answers(port), `redis-server on port ${port}`)]);
  // It may end later, when the test wants it to.
  failed.catch(() => undefined);
  return child;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    const done = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    // Until its data is loaded it says so instead.
    socket.on('data', (reply) => done(reply.toString().startsWith('+PONG')));
    socket.on('error', () => done(false));
  });
}

async function until(isSo: () => Promise<boolean>, what: string): Promise<void> {
  for (const end = Date.now() + 20_000; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 20))) {
    if (await isSo()) return;
  }
  throw new Error(`Waited too long for ${what}.`);
}

// The nodes of a cluster speak to each other 10,000 ports higher.
async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + ((crypto.getRandomValues(new Uint16Array(1))[0] ?? 0) % 12_000);
    if ((await isFree(port)) && (await isFree(port + 10_000))) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
