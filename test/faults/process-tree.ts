import { readdirSync, readFileSync } from 'node:fs';

/** A process of our own and all that it has started. */
export function treeOf(pid: number): readonly number[] {
  const parents = new Map(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((name) => [Number(name), parentOf(Number(name))]),
  );
  const below = (id: number): readonly number[] =>
    [...parents].filter(([, parent]) => parent === id).flatMap(([child]) => withBelow(child));
  const withBelow = (id: number): readonly number[] => [id, ...below(id)];
  return withBelow(pid);
}

/** Stops a tree where it stands, the root first, so that nothing is started meanwhile. */
export function stopTree(pid: number): void {
  process.kill(pid, 'SIGSTOP');
  for (const child of treeOf(pid).slice(1)) signal(child, 'SIGSTOP');
}

/** Lets a stopped tree run again. */
export function continueTree(pid: number): void {
  for (const id of treeOf(pid).toReversed()) signal(id, 'SIGCONT');
}

/** The process of a tree that calls itself so. */
export function processNamed(pid: number, word: string): number {
  const found = treeOf(pid).find((id) => readOf(id, 'cmdline').includes(word));
  if (found === undefined) throw new Error(`no ${word} runs below ${pid}`);
  return found;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It went by itself.
  }
}

function parentOf(pid: number): number | null {
  // The name of the program stands in brackets and may hold anything.
  const [, parent] = (readOf(pid, 'stat').split(') ').at(-1) ?? '').split(' ');
  return parent === undefined ? null : Number(parent);
}

function readOf(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
