import type { World } from './world.ts';

/** Somebody who acts: each value is the number of seconds until they act again. */
export type Program = AsyncGenerator<number, void, void>;

export const HOUR_SECONDS = 3600;
export const DAY_SECONDS = 86_400;

const TURNS_IN_A_ROW = 1000;

interface Turn {
  readonly program: Program;
  dueAt: number;
}

/** Lets programs act in the order of time, for so many seconds. Time moves on when all is done that somebody left behind. */
export async function play({ auth, clock }: Pick<World, 'auth' | 'clock'>, programs: readonly Program[], seconds: number): Promise<void> {
  const endsAt = clock.now() + seconds * 1000;
  let taken = 0;
  const turns: Turn[] = programs.map((program) => ({ program, dueAt: clock.now() }));
  for (let turn = firstOf(turns); turn !== undefined && turn.dueAt < endsAt; turn = firstOf(turns)) {
    clock.advance((turn.dueAt - clock.now()) / 1000);
    const { value, done } = await turn.program.next();
    await auth.drain();
    // lets timers be, so that a program that never waits can be stopped from without
    if (++taken % TURNS_IN_A_ROW === 0) await new Promise((resolve) => setImmediate(resolve));
    if (done === true) turns.splice(turns.indexOf(turn), 1);
    else turn.dueAt = clock.now() + Math.max(1, Math.ceil(value * 1000));
  }
  clock.advance((endsAt - clock.now()) / 1000);
  for (const { program } of turns) await program.return();
}

function firstOf(turns: readonly Turn[]): Turn | undefined {
  let first: Turn | undefined;
  for (const turn of turns) if (first === undefined || turn.dueAt < first.dueAt) first = turn;
  return first;
}
