import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where rows are kept between runs: a line of JSON each, in a folder that is not committed. */
export interface Results {
  readonly rows: <Row>(kind: ResultKind) => readonly Row[];
  readonly add: (kind: ResultKind, ...rows: readonly unknown[]) => void;
  readonly forget: (kind: ResultKind) => void;
  readonly setup: () => Setup | null;
  readonly remember: (setup: Setup) => void;
}

/** What there are rows of. */
export const RESULT_KINDS = ['flows', 'trips', 'growth', 'footprint', 'startup', 'load'] as const;
export type ResultKind = (typeof RESULT_KINDS)[number];

/** What was measured, where and when. */
export interface Setup {
  readonly date: string;
  readonly processor: string;
  readonly cores: number;
  readonly versions: Readonly<Record<string, string>>;
}

/** The results of full runs, or those of glances, which are kept apart. */
export function resultsIn(name: 'full' | 'quick'): Results {
  const folder = join(import.meta.dirname, 'results', name);
  mkdirSync(folder, { recursive: true });
  const fileOf = (kind: ResultKind): string => join(folder, `${kind}.jsonl`);
  const setupFile = join(folder, 'setup.json');
  return {
    rows: <Row>(kind: ResultKind) => (existsSync(fileOf(kind)) ? linesOf<Row>(readFileSync(fileOf(kind), 'utf8')) : []),
    add(kind, ...rows) {
      appendFileSync(fileOf(kind), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    },
    forget: (kind) => rmSync(fileOf(kind), { force: true }),
    setup: () => (existsSync(setupFile) ? (JSON.parse(readFileSync(setupFile, 'utf8')) as Setup) : null),
    remember: (setup) => writeFileSync(setupFile, `${JSON.stringify(setup, null, 2)}\n`),
  };
}

/** The rows of a text with a line of JSON each. */
export function linesOf<Row>(text: string): readonly Row[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Row);
}
