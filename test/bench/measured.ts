import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { linesOf } from './results.ts';
import { environmentOf, type ServerAddresses } from './server-addresses.ts';

const LONGEST_MILLISECONDS = 10 * 60_000;

/** Rows, or why there are none. */
export type Outcome<Row> =
  | { readonly is: 'measured'; readonly rows: readonly Row[] }
  | { readonly is: 'failed' | 'missing'; readonly why: string };

/** Runs one script of this folder in a fresh process. What the library does not have yet is `missing`. */
export async function measured<Row>(script: string, configuration: unknown, addresses: ServerAddresses): Promise<Outcome<Row>> {
  try {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, script), JSON.stringify(configuration)],
      {
        env: { ...process.env, ...environmentOf(addresses), NODE_ENV: 'production' },
        timeout: LONGEST_MILLISECONDS,
        maxBuffer: 2 ** 26,
      },
    );
    return { is: 'measured', rows: linesOf<Row>(stdout) };
  } catch (error) {
    const printed = typeof error === 'object' && error !== null && 'stderr' in error ? String(error.stderr) : '';
    const why = [/^\w*Error.*$/m, /\[cause\]: .*$/m].flatMap((pattern) => pattern.exec(printed)?.[0] ?? []).join('; ') || String(error);
    return { is: /unknown option/.test(printed) ? 'missing' : 'failed', why };
  }
}
