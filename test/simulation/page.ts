import type { Drawing } from './drawings/drawing.ts';
import { count, type Figure, type Size } from './figure.ts';
import { CODE_LENGTHS, DRAWINGS, ONE_TARGET_TABLE, type Outcome, SCENARIOS, sprayJob } from './jobs.ts';
import type { Cell, OneTargetRow } from './one-target-table.ts';
import { expectedOf } from './spray-table.ts';

/** What every job gave, by its name. */
export type Outcomes = ReadonlyMap<string, Outcome>;

const MILLION = 1_000_000;

/** docs/simulation.md. It tells no time of day and no seconds, so that a run that finds the same writes the same. */
export function pageOf(size: Size, outcomes: Outcomes): string {
  return [
    INTRODUCTION,
    `This page is of seed ${size.seed}. *p* is the chance that one guess is right, ⌈2³¹/10ⁿ⌉/2³¹ at n digits; the attacker tries those codes alone that come up most often.`,
    '## One target',
    'Guesses on one number are the same from one address and from thousands. Each cell: predicted / measured.',
    oneTargetText(outcomes),
    'A month is one in which the owner signs in now and then, which ends the row of wrong guesses each time. While the owner is away, the number closes for unknown devices at the cap.',
    '## Any target',
    'Expected takeovers in a day, by the challenges that strangers get. `limits.smsPerDay` decides how many these are: four fifths of it. Each cell: predicted / measured, as judged guesses × *p*.',
    sprayText(size, outcomes),
    'A million a day is extrapolated here; `--full` plays it too. Bounds per number and per address do not meet this attack. What does: a small `smsPerDay`, and 8 digits.',
    ...DRAWINGS.flatMap((drawing) => drawingText(drawing, outcomes)),
    '## Attacks',
    ...SCENARIOS.flatMap(({ name, attack }) => [
      `### ${name}`,
      `${attack[0]?.toUpperCase()}${attack.slice(1)}.`,
      figuresText(outcomes, name),
    ]),
    REMAINS,
  ].join('\n\n');
}

/** The first table. */
export function oneTargetText(outcomes: Outcomes): string {
  const rows: readonly OneTargetRow[] = outcomes.get(ONE_TARGET_TABLE)?.oneTarget ?? [];
  return tableOf(
    ['digits', 'addresses', 'guesses a day', 'chance in a day', 'in 30 days', 'at the 100 in a row'],
    rows.map((row) => [
      row.codeLength,
      count(row.addresses),
      cellText(row.guessesPerDay),
      cellText(row.perDay),
      cellText(row.perMonth),
      cellText(row.atTheCap),
    ]),
  );
}

/** The second table. */
export function sprayText({ sprays }: Pick<Size, 'sprays'>, outcomes: Outcomes): string {
  return tableOf(
    ['challenges a day', '`smsPerDay`', ...CODE_LENGTHS.map((digits) => `${digits} digits, 5 tries`)],
    [...new Set([...sprays, MILLION])].map((challenges) => {
      const cell = (digits: number): string => {
        const row = outcomes.get(sprayJob(challenges, digits))?.spray;
        return row === undefined ? `${figure(expectedOf(challenges, digits))} / –` : cellText(row.takeovers);
      };
      return [count(challenges), count(challenges / 0.8), ...CODE_LENGTHS.map(cell)];
    }),
  );
}

/** A number as a reader wants it: whole ones whole, others to three places. */
export function figure(value: number): string {
  if (Number.isInteger(value) || value >= 1000) return count(Math.round(value));
  return Math.abs(value) < 0.001 ? value.toExponential(2) : String(Number(value.toPrecision(3)));
}

function drawingText({ file, title, caption, label }: Drawing, outcomes: Outcomes): readonly string[] {
  const lines = outcomes.get(`drawing: ${title}`)?.lines ?? [];
  return [
    `## ${title}`,
    `![${title}: ${label} over time](simulation/${file}.svg)`,
    caption,
    tableOf(
      ['', 'formula', 'predicted', 'measured'],
      lines.map(({ name, formula, predicted, values }) => [name, formula, figure(predicted), figure(values.at(-1) ?? 0)]),
    ),
  ];
}

function figuresText(outcomes: Outcomes, name: string): string {
  const figures: readonly Figure[] = outcomes.get(name)?.figures ?? [];
  return tableOf(
    ['', 'formula', 'predicted', 'measured'],
    figures.map(({ what, formula, must, predicted, measured }) => [what, formula, `${SIGNS[must]}${figure(predicted)}`, figure(measured)]),
  );
}

const SIGNS: Readonly<Record<Figure['must'], string>> = { equal: '', 'be close': '≈ ', 'not exceed': '≤ ', reach: '≥ ' };

function tableOf(heads: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  return [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function cellText({ predicted, measured }: Cell): string {
  return `${figure(predicted)} / ${figure(measured)}`;
}

const INTRODUCTION = `# The simulation

\`npm run simulate\` lets attackers loose on the library: programs that call its public functions from 100,000 addresses, while a virtual clock runs
through 30 days. Core and store are the real ones; only the clock, the provider of SMS and the source of chance are the simulation's, and passwords
are hashed lightly. Limits are the defaults where nothing else is said. Every figure stands beside what the arithmetic predicts, and the command fails when they part: where
they must agree, by more than 5 %.

\`\`\`sh
npm run simulate                          # everything, some minutes on two cores; writes this page and its drawings
npm run simulate -- --only 'key flood'    # one part, by a piece of its name; writes nothing
npm run simulate -- --seed 7              # other codes, other guesses
npm run simulate -- --full                # with 1,000,000 challenges a day: some ten minutes more, and 7 GB of memory
\`\`\`

A reduced run of the same attacks is a part of \`npm test\`.`;

const REMAINS = `## What remains

No limit answers these; they belong to SMS itself, or to its price.

- **SIM swap, port-out and SS7.** Whoever gets the number gets the codes. \`assessRisk\` is the place for a SIM-swap check, \`onDormantLogin\` for numbers
  that changed hands; money deserves a stronger factor than a telephone number.
- **Phishing relay.** A page that passes a code on in real time passes it on within all limits. \`origin\` binds codes to your site where the browser
  fills them in; \`context\` says in the message what is confirmed.
- **Spray at 6 digits.** A patient attacker meets no limit: see *patient spray* and *any target*. 8 digits make it a hundred times dearer, and
  \`assessRisk\` with a captcha makes each challenge cost something.
- **Codes to unknown devices can be stopped.** For the price of ten requests a stranger uses up a number's day, and its owner gets no code on a *new*
  device until it is over: see *lock-out of a victim*. A known device signs in at any moment. Ways out for a new one: the password, unless its tries
  are used up as well, and \`unlockPhoneNumber\`.
- **So can those to all unknown devices.** Whoever has enough addresses and numbers to ask for uses up the strangers' share of \`smsPerDay\`, of
  \`spend\` or of a prefix; known devices keep theirs. \`budget.reached\` tells of it, \`assessRisk\` with a captcha makes it dear. The share of known
  devices falls to nobody but them: to use it up somebody must own a number for every 25 SMS of \`smsPerDay\`, and sign in with each.
`;
