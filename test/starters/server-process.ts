import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** A server under test, in a process of its own. */
export interface ServerProcess {
  readonly origin: string;
  /** Everything that it printed so far. */
  readonly printed: () => string;
  /** Asks it to end, and gives its exit code; `null` when a signal ended it. */
  readonly stop: () => Promise<number | null>;
}

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('The system gave no port.');
  return address.port;
}

/** Runs `node …args` and waits, at most 20 seconds, until it answers on `port`. */
export async function startServer(s: {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly port: number;
  readonly env?: Readonly<Record<string, string>>;
}): Promise<ServerProcess> {
  const { NODE_ENV: _, ...inherited } = process.env;
  const child = spawn(process.execPath, [...s.args], {
    cwd: s.cwd,
    env: { ...inherited, PORT: String(s.port), ...s.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => lines.push(text));
  const printed = (): string => lines.join('');
  const origin = `http://localhost:${s.port}`;
  const giveUpAt = Date.now() + 20_000;
  while (!(await answers(origin))) {
    if (hasEnded(child) || Date.now() > giveUpAt) {
      await end(child);
      throw new Error(`node ${s.args.join(' ')} does not answer on ${origin}. It printed:\n${printed()}`);
    }
    await pause(50);
  }
  return { origin, printed, stop: () => end(child) };
}

async function answers(origin: string): Promise<boolean> {
  return fetch(origin).then(
    () => true,
    () => false,
  );
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function end(child: ChildProcess): Promise<number | null> {
  if (!hasEnded(child)) {
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    if (!(await Promise.race([ended.then(() => true), pause(5_000, false, { ref: false })]))) {
      child.kill('SIGKILL');
      await ended;
    }
  }
  return child.exitCode;
}
