import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

const folder = import.meta.dirname;
const repository = join(folder, '../..');
const packages = join(folder, 'node_modules');

/**
 * Installs what is measured beside the library where that is missing, and builds the library as its users have it. The build goes into this
 * folder's packages, so that nothing that happens to the sources meanwhile is measured.
 */
export function prepare(): void {
  if (!isInstalled()) {
    process.stderr.write('installing the packages of test/bench\n');
    npm(folder, 'ci', '--no-audit', '--no-fund', '--loglevel=error');
  }
  process.stderr.write('building ringlatch\n');
  const library = join(packages, 'ringlatch');
  rmSync(library, { recursive: true, force: true });
  mkdirSync(library);
  npm(repository, 'exec', '--', 'tsup', '--silent', '--no-dts', '--out-dir', join(library, 'dist'));
  copyFileSync(join(repository, 'package.json'), join(library, 'package.json'));
}

function isInstalled(): boolean {
  const installed = join(packages, '.package-lock.json');
  return existsSync(installed) && statSync(installed).mtimeMs >= statSync(join(folder, 'package-lock.json')).mtimeMs;
}

function npm(cwd: string, ...args: readonly string[]): void {
  // A script run by npm inherits the prefix of its own project, which an inner npm must not take for its own.
  const { npm_config_local_prefix: _, ...env } = process.env;
  execFileSync('npm', [...args], { cwd, env, stdio: ['ignore', 'ignore', 'inherit'] });
}
