import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, closeSync, existsSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { Client } from 'pg';

/** A PostgreSQL server of our own, on a free port of this machine. */
export interface PostgresServer {
  readonly url: string;
  readonly port: number;
  readonly dataDir: string;
  /** Of the process that runs now. */
  readonly pid: number;
  /** What the server has written to its log. */
  log(): string;
  /** Ends every process of the server at once, as a crash would; the data stays. */
  kill9(): Promise<void>;
  /** Starts again on the same data and port, after `kill9` or while it runs. */
  restart(): Promise<void>;
  /** Stops cleanly and removes the data. */
  stop(): Promise<void>;
}

export interface PostgresServerOptions {
  /** Settings of `postgresql.conf`. Durable as they come: `fsync` is on. */
  readonly config?: Readonly<Record<string, string | number>> | undefined;
  /** A data folder made by `initdb` or `pg_basebackup`, which is used and removed. @default a fresh one */
  readonly dataDir?: string | undefined;
}

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** The folder of `initdb` and `postgres`, or `null` where there is none. */
export function postgresBinaries(): string | null {
  const packaged = '/usr/lib/postgresql';
  const versions = existsSync(packaged) ? readdirSync(packaged).toSorted((a, b) => Number(b) - Number(a)) : [];
  const folders = [...versions.map((version) => join(packaged, version, 'bin')), ...(process.env.PATH ?? '').split(delimiter)];
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres'))) ?? null;
}

/** Runs one program of PostgreSQL as whoever owns the data. */
export function runPostgresProgram(program: string, args: readonly string[]): void {
  execFileSync(join(binaries(), program), args, { stdio: 'pipe', cwd: tmpdir(), ...ownerOfData() });
}

/** A folder that belongs to whoever will run the server. */
export function folderForPostgres(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ringlatch-postgres-'));
  const owner = ownerOfData();
  if (owner !== null) chownSync(folder, owner.uid, owner.gid);
  return folder;
}

/** Starts a server; the database is `postgres`, its superuser too, and nobody is asked for a password. */
export async function startPostgres({ config = {}, dataDir = freshData() }: PostgresServerOptions = {}): Promise<PostgresServer> {
  const port = await freePort();
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const logFile = `${dataDir}.log`;
  const settings = { port, listen_addresses: '127.0.0.1', unix_socket_directories: '', max_connections: 200, ...config };
  const args = ['-D', dataDir, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
  let server = await started();

  async function started(): Promise<ChildProcess> {
    const log = openSync(logFile, 'a');
    const child = spawn(join(binaries(), 'postgres'), args, { stdio: ['ignore', log, log], cwd: tmpdir(), ...ownerOfData() });
    closeSync(log);
    running.add(child);
    child.on('exit', () => running.delete(child));
    await answering(url, child, logFile);
    return child;
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    const exited = server.exitCode === null && server.signalCode === null ? once(server, 'exit') : null;
    const backends = signal === 'SIGKILL' ? childrenOf(server.pid) : [];
    server.kill(signal);
    for (const backend of backends) killIfAlive(backend);
    await exited;
    // The next server would not start while one of them still holds the shared memory.
    while (backends.some(isRunning)) await pause(10);
  }

  return {
    url,
    port,
    dataDir,
    get pid() {
      return server.pid ?? 0;
    },
    log: () => readFileSync(logFile, 'utf8'),
    kill9: () => end('SIGKILL'),
    async restart() {
      await end('SIGINT');
      server = await started();
    },
    async stop() {
      await end('SIGINT');
      rmSync(dataDir, { recursive: true, force: true });
      rmSync(logFile, { force: true });
    },
  };
}

function freshData(): string {
  const folder = folderForPostgres();
  runPostgresProgram('initdb', ['-D', folder, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync']);
  return folder;
}

function binaries(): string {
  const folder = postgresBinaries();
  if (folder === null) throw new Error('no PostgreSQL server is installed here: initdb and postgres are on no path');
  return folder;
}

// PostgreSQL does not run as root.
function ownerOfData(): Owner | null {
  if (process.getuid?.() !== 0) return null;
  const accounts = readFileSync('/etc/passwd', 'utf8').split('\n');
  const [, , uid, gid] =
    ['postgres', 'nobody'].flatMap((name) => accounts.filter((line) => line.startsWith(`${name}:`)))[0]?.split(':') ?? [];
  if (uid === undefined || gid === undefined) throw new Error('root needs an account named postgres or nobody to run PostgreSQL as');
  return { uid: Number(uid), gid: Number(gid) };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function answering(url: string, child: ChildProcess, logFile: string): Promise<void> {
  const until = Date.now() + 60_000;
  while (Date.now() < until && child.exitCode === null) {
    const client = new Client({ connectionString: url });
    try {
      await client.connect();
      await client.query('select 1');
      return;
    } catch {
      await pause(50);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
  child.kill('SIGKILL');
  throw new Error(`PostgreSQL did not start:\n${readFileSync(logFile, 'utf8').slice(-2000)}`);
}

function childrenOf(pid: number | undefined): readonly number[] {
  const ids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return ids.map(Number).filter((id) => stateOf(id)?.parent === pid);
}

function isRunning(pid: number): boolean {
  const state = stateOf(pid);
  return state !== null && state.letter !== 'Z';
}

function stateOf(pid: number): { readonly letter: string; readonly parent: number } | null {
  try {
    // The name of the program stands in brackets and may hold anything.
    const [letter = '', parent = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return { letter, parent: Number(parent) };
  } catch {
    return null;
  }
}

function killIfAlive(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It went by itself.
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
