// Every starter, copied out, against the packed tarball: node test/starters/run.ts, or some of them by name
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BackingServers, missingServers, startBackingServers } from './backing-servers.ts';
import { CONTRACT_VISITS } from './contract-visits.ts';
import { type Conversation, converse } from './conversation.ts';
import { freePort, type ServerProcess, startServer } from './server-process.ts';
import { type Manner, visit } from './visit.ts';

type Environment = Readonly<Record<string, string>>;

/** A starter that answers as an API of others does. */
interface ContractStarter {
  readonly name: string;
  readonly visit: (conversation: Conversation) => Promise<void>;
}

/** A starter with the routes of the library. */
interface RoutesStarter extends Omit<Manner, 'processes'> {
  readonly name: string;
  /** @default name */
  readonly folder?: string;
  /** It runs on servers that its processes share; what it is told of them. */
  readonly sharing?: (servers: BackingServers) => Environment;
}

type Starter = RoutesStarter | ContractStarter;

const ON_SERVERS = { folder: 'postgres-redis', codeFrom: 'console', transport: 'bearer', survivesRestart: true, shutsDown: true } as const;
const SECRET = randomBytes(32).toString('base64');

const STARTERS: readonly Starter[] = [
  { name: 'express', codeFrom: 'inbox', transport: 'cookies', survivesRestart: true, shutsDown: true },
  { name: 'fastify', codeFrom: 'console', transport: 'bearer', survivesRestart: false, shutsDown: false },
  { name: 'hono', codeFrom: 'console', transport: 'bearer', survivesRestart: false, shutsDown: false },
  {
    ...ON_SERVERS,
    name: 'postgres-redis',
    sharing: ({ databaseUrl, redisUrl }) => ({ DATABASE_URL: databaseUrl, REDIS_URL: redisUrl, RINGLATCH_SECRET: SECRET }),
  },
  {
    ...ON_SERVERS,
    name: 'postgres-redis without Redis',
    sharing: ({ databaseUrl }) => ({ DATABASE_URL: databaseUrl, REDIS_URL: '', RINGLATCH_SECRET: SECRET }),
  },
  ...Object.entries(CONTRACT_VISITS).map(([name, talk]) => ({ name, visit: talk })),
];

const repository = join(import.meta.dirname, '../..');
const workshop = mkdtempSync(join(tmpdir(), 'ringlatch-starters-'));

function npm(cwd: string, ...args: readonly string[]): string {
  // A script run by npm inherits the prefix of its own project, which an inner npm must not take for its own.
  const { npm_config_local_prefix: _, ...env } = process.env;
  return execFileSync('npm', [...args], { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

async function tryStarter(starter: Starter, tarball: string): Promise<void> {
  const { args, cwd } = copyOut('folder' in starter ? (starter.folder ?? starter.name) : starter.name, starter.name, tarball);
  if ('visit' in starter) await tryContract(starter, args, cwd);
  else await tryRoutes(starter, args, cwd);
}

/** Copies a starter out and installs what it needs, with the tarball as the library. */
function copyOut(folder: string, name: string, tarball: string): { readonly args: readonly string[]; readonly cwd: string } {
  const cwd = join(workshop, name.replaceAll(' ', '-'));
  cpSync(join(repository, 'examples', folder), cwd, {
    recursive: true,
    filter: (path) => !/node_modules|\.sqlite|\.env$/.test(path.slice(repository.length)),
  });
  const manifestFile = join(cwd, 'package.json');
  const manifest = JSON.parse(readFileSync(manifestFile, 'utf8')) as { dependencies: Record<string, string>; scripts: { start: string } };
  manifest.dependencies.ringlatch = `file:${tarball}`;
  writeFileSync(manifestFile, JSON.stringify(manifest, null, 2));
  npm(cwd, 'install', '--no-audit', '--no-fund', '--loglevel=error');

  const [command, ...args] = manifest.scripts.start.split(' ');
  assert.equal(command, 'node', 'a starter starts with node alone');
  return { args, cwd };
}

async function tryContract({ visit: talk }: ContractStarter, args: readonly string[], cwd: string): Promise<void> {
  const start = async (env: Environment = {}): Promise<ServerProcess> => startServer({ args, cwd, port: await freePort(), env });
  await converse(start, talk);
  await refusesToStart(start, { NODE_ENV: 'production' }, /production|development only/);
}

async function tryRoutes(starter: RoutesStarter, args: readonly string[], cwd: string): Promise<void> {
  const servers = starter.sharing === undefined ? null : await startBackingServers();
  try {
    const env = servers === null ? {} : starter.sharing?.(servers);
    const start = async (differently: Environment = {}): Promise<ServerProcess> =>
      startServer({ args, cwd, port: await freePort(), env: { ...env, ...differently } });
    await visit({ ...starter, processes: servers === null ? 1 : 2 }, start);
    await refusesToStart(start, { NODE_ENV: 'production' }, /production|development only/);
    if (servers === null) return;
    await refusesToStart(start, { RINGLATCH_SECRET: '' }, /Set RINGLATCH_SECRET/);
    await refusesToStart(start, { DATABASE_URL: `postgres://localhost:${await freePort()}/none` }, /could not be migrated: .*ECONNREFUSED/);
    if (env?.REDIS_URL !== '') await refusesToStart(start, { REDIS_URL: `redis://localhost:${await freePort()}` }, /Redis: .*ECONNREFUSED/);
  } finally {
    await servers?.stop();
  }
}

async function refusesToStart(start: (env: Environment) => Promise<ServerProcess>, env: Environment, reason: RegExp): Promise<void> {
  const started = start(env).then(async (server) => void (await server.stop()));
  await assert.rejects(started, reason, `it starts with ${JSON.stringify(env)}`);
}

let [passed, failed] = [0, 0];
try {
  const asked = process.argv.slice(2);
  const unknown = asked.filter((name) => !STARTERS.some((starter) => starter.name === name));
  assert.deepEqual(unknown, [], 'there is no such starter');
  npm(repository, 'pack', '--silent', '--pack-destination', workshop);
  const tarball = join(workshop, readdirSync(workshop).find((file) => file.endsWith('.tgz')) ?? '');
  for (const starter of STARTERS.filter(({ name }) => asked.length === 0 || asked.includes(name))) {
    const missing = 'sharing' in starter ? missingServers() : null;
    if (missing !== null) {
      process.stdout.write(`not run ${starter.name}: ${missing}\n`);
      continue;
    }
    try {
      await tryStarter(starter, tarball);
      passed += 1;
      process.stdout.write(`ok      ${starter.name}\n`);
    } catch (error) {
      failed += 1;
      process.stdout.write(`FAILED  ${starter.name}: ${error instanceof Error ? error.stack : String(error)}\n`);
    }
  }
} finally {
  rmSync(workshop, { recursive: true, force: true });
}
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
