import type { Pace } from './load.ts';

/** What a machine must have for a scenario. */
export type Need = 'postgres' | 'redis' | 'volume';

/** How long a run takes, and how hard it is. */
export interface Form extends Pace {
  readonly cycles: number;
  /** How long a store that is paused stands still. */
  readonly pauseSeconds: number;
}

/** The form for every push, and the one for a release. */
export const SHORT_FORM: Form = { cycles: 2, pauseSeconds: 1.5, clients: 16, thinkMs: 20 };
export const LONG_FORM: Form = { cycles: 20, pauseSeconds: 5, clients: 24, thinkMs: 0 };

/** What came of a scenario. */
export interface Figures {
  readonly cycles: number;
  /** What the stores had acknowledged. */
  readonly acknowledged: number;
  /** What of it was not there any more. */
  readonly missing: number;
  /** Calls that the fault made fail. */
  readonly unavailable: number;
  /** From the moment at which the store could answer to the first visit that was completed; the longest. */
  readonly recoverySeconds: number;
  /** Everything that must not happen and did. */
  readonly problems: readonly string[];
  /** Further figures, in words. */
  readonly remarks: readonly string[];
}

/** One way in which a store fails. */
export interface Scenario {
  readonly name: string;
  readonly needs: readonly Need[];
  /**
   * What may be missing afterwards. `much` is lost on purpose, where the store promises nothing: whoever counts no loss there counts wrongly.
   */
  readonly loses: 'nothing' | 'little' | 'much';
  /** Too slow, or too much like another one, for every push. */
  readonly onlyLong?: boolean;
  /** At most so long until it works again. */
  readonly recoverySeconds: number;
  readonly run: (form: Form) => Promise<Figures>;
}

/** Why the figures of a scenario are not what it must give; empty when they are. */
export function verdictOn(
  scenario: Scenario,
  { missing, unavailable, recoverySeconds, problems, acknowledged }: Figures,
): readonly string[] {
  const verdict = [...problems];
  if (acknowledged === 0) verdict.push('nothing was acknowledged, so nothing was tried');
  if (unavailable === 0 && missing === 0) verdict.push('no call met the fault');
  if (scenario.loses === 'nothing' && missing > 0) verdict.push(`${missing} of ${acknowledged} acknowledged are missing`);
  if (scenario.loses === 'much' && missing === 0) verdict.push('nothing is missing, although the store keeps nothing');
  if (recoverySeconds > scenario.recoverySeconds)
    verdict.push(`recovered after ${recoverySeconds.toFixed(1)} s instead of ${scenario.recoverySeconds} s`);
  return verdict;
}

/** Adds the figures of several cycles up. */
export function sumOf(all: readonly Figures[]): Figures {
  return {
    cycles: all.reduce((sum, one) => sum + one.cycles, 0),
    acknowledged: all.reduce((sum, one) => sum + one.acknowledged, 0),
    missing: all.reduce((sum, one) => sum + one.missing, 0),
    unavailable: all.reduce((sum, one) => sum + one.unavailable, 0),
    recoverySeconds: Math.max(0, ...all.map((one) => one.recoverySeconds)),
    problems: all.flatMap((one) => one.problems),
    remarks: [...new Set(all.flatMap((one) => one.remarks))],
  };
}
