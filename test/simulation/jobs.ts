import { bombingScenario } from './attacks/bombing.ts';
import { keyFloodScenario } from './attacks/key-flood.ts';
import { lockOutScenario } from './attacks/lock-out.ts';
import { oneTargetScenario } from './attacks/one-target.ts';
import { parallelScenario } from './attacks/parallel.ts';
import { patientSprayScenario } from './attacks/patient-spray.ts';
import { pumpingScenario } from './attacks/pumping.ts';
import { pumpingCountriesScenario } from './attacks/pumping-countries.ts';
import { resendLoopScenario } from './attacks/resend-loop.ts';
import { sprayScenario } from './attacks/spray.ts';
import { type Drawing, figuresOfLines, type Line } from './drawings/drawing.ts';
import { moneyOfOneNumber } from './drawings/money-of-one-number.ts';
import { moneyOfPumping } from './drawings/money-of-pumping.ts';
import { takeoversOfAnybody } from './drawings/takeovers-of-anybody.ts';
import { takeoversOfOneNumber } from './drawings/takeovers-of-one-number.ts';
import { count, type Figure, type Scenario, type Size } from './figure.ts';
import { figuresOfOneTarget, type OneTargetRow, oneTargetTable } from './one-target-table.ts';
import { figuresOfSpray, type SprayRow, sprayRow } from './spray-table.ts';

/** Every attack. */
export const SCENARIOS: readonly Scenario[] = [
  oneTargetScenario,
  sprayScenario,
  resendLoopScenario,
  parallelScenario,
  bombingScenario,
  pumpingScenario,
  pumpingCountriesScenario,
  keyFloodScenario,
  lockOutScenario,
  patientSprayScenario,
];

/** Every drawing. */
export const DRAWINGS: readonly Drawing[] = [takeoversOfOneNumber, takeoversOfAnybody, moneyOfOneNumber, moneyOfPumping];

/** What a job gives beside its figures. */
export interface Outcome {
  readonly figures: readonly Figure[];
  readonly oneTarget?: readonly OneTargetRow[];
  readonly spray?: SprayRow;
  readonly lines?: readonly Line[];
}

/** A piece of the simulation that runs alone. */
export interface Job {
  readonly name: string;
  readonly run: (size: Size) => Promise<Outcome>;
}

/** The table of one target. */
export const ONE_TARGET_TABLE = 'table: one target';

/** Digits of the codes of the tables. */
export const CODE_LENGTHS: readonly number[] = [6, 8];

/** The name of the job of so many challenges a day. */
export function sprayJob(challenges: number, codeLength: number): string {
  return `table: any target, ${count(challenges)} challenges a day, ${codeLength} digits`;
}

/** All that there is to do, what takes longest first. */
export function jobsOf(size: Size): readonly Job[] {
  return [
    ...size.sprays.toReversed().flatMap((challenges) =>
      CODE_LENGTHS.map((codeLength) => ({
        name: sprayJob(challenges, codeLength),
        run: async (whole: Size) => {
          const spray = await sprayRow(whole, { challenges, codeLength });
          return { spray, figures: figuresOfSpray(spray) };
        },
      })),
    ),
    ...SCENARIOS.map(({ name, run }) => ({ name, run: async (whole: Size) => ({ figures: await run(whole) }) })),
    ...DRAWINGS.map((drawing) => ({
      name: `drawing: ${drawing.title}`,
      run: async (whole: Size) => {
        const lines = await drawing.lines(whole);
        return { lines, figures: figuresOfLines(drawing, lines) };
      },
    })),
    {
      name: ONE_TARGET_TABLE,
      run: async (whole) => {
        const oneTarget = await oneTargetTable(whole);
        return { oneTarget, figures: figuresOfOneTarget(whole, oneTarget) };
      },
    },
  ];
}
