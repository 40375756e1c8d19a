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

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It went by itself.
  }
}

function parentOf(pid: number): number | null {
  // The name of the program stands in brackets and may hold anything.
  const [, parent] = (statOf(pid).split(') ').at(-1) ?? '').split(' ');
  return parent === undefined ? null : Number(parent);
}

function statOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return '';
  }
}
