import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { sqliteStorage } from '../../adapters/storage/sqlite.ts';
import { type Acknowledged, doubledAccounts, missingFrom } from './acknowledged.ts';
import type { Pace } from './load.ts';
import { type Figures, type Form, type Scenario, sumOf } from './scenario.ts';
import { pause } from './waiting.ts';

type Line = Acknowledged | { readonly completed: number } | { readonly problem: string };

interface Life {
  readonly acknowledged: readonly Acknowledged[];
  readonly problems: readonly string[];
  /** From its start to the first visit that was completed. */
  readonly secondsToServe: number;
}

/** Lets a process of ours serve for a while, and kills it in the middle of its work. */
async function liveAndDie(path: string, coalesce: boolean, { clients, thinkMs }: Pace): Promise<Life> {
  const main = fileURLToPath(new URL('./killed-process-main.ts', import.meta.url));
  const startedAt = performance.now();
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', main, path, String(coalesce), String(clients), String(thinkMs)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const closed = once(child, 'close');
  const lines: string[] = [];
  let servesAt: number | null = null;
  const serves = new Promise<void>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line);
      if (!line.startsWith('{"completed"')) return;
      servesAt = performance.now();
      resolve();
    });
  });
  await Promise.race([serves, closed]);
  await pause(100 + (crypto.getRandomValues(new Uint8Array(1))[0] ?? 0));
  child.kill('SIGKILL');
  await closed;

  const told = lines.flatMap(parsed);
  const problems = told.flatMap((line) => ('problem' in line ? [line.problem] : []));
  return {
    acknowledged: told.filter((line) => 'what' in line),
    problems: servesAt === null ? [...problems, 'the process ended before it served anybody'] : problems,
    secondsToServe: ((servesAt ?? performance.now()) - startedAt) / 1000,
  };
}

// The last line may have been cut: nobody was told of it.
function parsed(line: string): readonly Line[] {
  try {
    return [JSON.parse(line) as Line];
  } catch {
    return [];
  }
}

async function killedAgainAndAgain(coalesce: boolean, form: Form): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), 'ringlatch-faults-'));
  const path = join(folder, 'auth.db');
  const figures: Figures[] = [];
  try {
    for (let cycle = 0; cycle < form.cycles; cycle++) {
      const { acknowledged, problems, secondsToServe } = await liveAndDie(path, coalesce, form);
      const database = new DatabaseSync(path);
      const [check] = database.prepare('PRAGMA integrity_check').all();
      const isSound = check?.integrity_check === 'ok';
      const missing = await missingFrom(sqliteStorage(database), acknowledged);
      database.close();
      figures.push({
        cycles: 1,
        acknowledged: acknowledged.length,
        missing: missing.length,
        // Whoever was being served got no answer at all.
        unavailable: form.clients,
        recoverySeconds: secondsToServe,
        problems: [
          ...problems,
          ...doubledAccounts(acknowledged).map((phoneNumber) => `${phoneNumber} has several accounts`),
          ...(isSound ? [] : [`the file is damaged: ${JSON.stringify(check)}`]),
        ],
        remarks: [],
      });
    }
    return sumOf(figures);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The process that serves is killed over its own database file. */
export const KILLED_PROCESS: readonly Scenario[] = [
  { name: 'kill -9 of Node over SQLite FULL', ...killed(false) },
  { name: 'kill -9 of Node over SQLite FULL, coalescing', ...killed(true) },
];

function killed(coalesce: boolean): Omit<Scenario, 'name'> {
  return { needs: [], loses: 'nothing', recoverySeconds: 15, run: (form) => killedAgainAndAgain(coalesce, form) };
}
