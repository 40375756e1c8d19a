import type { Figure, Size } from '../figure.ts';

/** One line of a drawing: what grows over time under some of the defences. */
export interface Line {
  readonly name: string;
  /** How {@link Line.predicted} is reckoned. */
  readonly formula: string;
  /** Where the line must end. */
  readonly predicted: number;
  /** At equal distances, the last one at the end of the time. */
  readonly values: readonly number[];
}

/** Lines under one title. */
export interface Drawing {
  /** Name of the file, without its ending. */
  readonly file: string;
  readonly title: string;
  /** What is said beneath it. */
  readonly caption: string;
  /** Of the axis that grows upwards, in its unit; logarithmic. */
  readonly label: string;
  readonly time: (size: Size) => { readonly unit: 'days' | 'hours'; readonly length: number };
  readonly lines: (size: Size) => Promise<readonly Line[]>;
}

/** What a limit is set to that shall not refuse: in any minute as much as others have in a day. */
export const NO_LIMIT = [{ max: 1_000_000, windowSeconds: 60 }] as const;

/** The ends of lines as figures that must agree. */
export function figuresOfLines({ title }: Pick<Drawing, 'title'>, lines: readonly Line[]): readonly Figure[] {
  return lines.map(({ name, formula, predicted, values }) => ({
    what: `${title}, ${name}`,
    formula,
    predicted,
    measured: values.at(-1) ?? 0,
    must: 'be close',
  }));
}
