import type { Line } from './drawing.ts';

/** What a chart shows. */
export interface Chart {
  readonly title: string;
  readonly label: string;
  readonly time: { readonly unit: 'days' | 'hours'; readonly length: number };
  readonly lines: readonly Line[];
}

const WIDTH = 720;
const PLOT = { left: 76, right: 700, top: 44, bottom: 350 };
const LEGEND_TOP = 418;
const ROW = 21;

// Each line by colour and by dashes, so that it can be told apart without colours; readable on white and on black.
const STYLE = `
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-size: 15px; font-weight: 600 }
.paper { fill: #ffffff }
.grid { stroke: #d1d9e0 }
.axis { stroke: #59636e }
.line { fill: none; stroke-width: 2.5; stroke-linejoin: round }
.l0 { stroke: #0969da } .l1 { stroke: #bc4c00; stroke-dasharray: 9 4 } .l2 { stroke: #1a7f37; stroke-dasharray: 3 3 }
.l3 { stroke: #8250df; stroke-dasharray: 12 4 3 4 } .l4 { stroke: #cf222e; stroke-dasharray: 1 5; stroke-linecap: round }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc } .paper { fill: #0d1117 } .grid { stroke: #3d444d } .axis { stroke: #9198a1 }
  .l0 { stroke: #58a6ff } .l1 { stroke: #f0883e } .l2 { stroke: #56d364 } .l3 { stroke: #bc8cff } .l4 { stroke: #ff7b72 }
}`;

/** The chart as the text of an SVG file: time to the right, amounts upwards by powers of ten, and a legend beneath. */
export function svgOf({ title, label, time, lines }: Chart): string {
  const [low, high] = powersOf(lines);
  const x = (share: number): number => PLOT.left + share * (PLOT.right - PLOT.left);
  const y = (value: number): number => PLOT.bottom - ((Math.log10(value) - low) / (high - low)) * (PLOT.bottom - PLOT.top);
  const height = LEGEND_TOP + lines.length * ROW;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escaped(title)}">`,
    `<style>${STYLE}\n</style>`,
    `<rect class="paper" width="${WIDTH}" height="${height}"/>`,
    text(PLOT.left, 26, title, 'title'),
    ...upward(low, high, y, label),
    ...forward(time, x),
    ...lines.map((line, index) => pathOf(line, index, x, (value) => y(Math.max(value, 10 ** low)))),
    ...lines.flatMap((line, index) => legendOf(line, index)),
    '</svg>\n',
  ].join('\n');
}

function upward(low: number, high: number, y: (value: number) => number, label: string): readonly string[] {
  const powers = Array.from({ length: high - low + 1 }, (_, index) => low + index);
  return [
    ...powers.flatMap((power) => [
      rule('grid', [PLOT.left, y(10 ** power)], [PLOT.right, y(10 ** power)]),
      text(PLOT.left - 8, y(10 ** power) + 4, power >= 0 && power <= 6 ? String(10 ** power) : `1e${power}`, '', 'end'),
    ]),
    `<text transform="translate(18 ${(PLOT.top + PLOT.bottom) / 2}) rotate(-90)" text-anchor="middle">${escaped(label)}</text>`,
  ];
}

function forward({ unit, length }: Chart['time'], x: (share: number) => number): readonly string[] {
  const ticks = Array.from({ length: 7 }, (_, index) => (length * index) / 6);
  return [
    rule('axis', [PLOT.left, PLOT.bottom], [PLOT.right, PLOT.bottom]),
    ...ticks.map((tick) => text(x(tick / length), PLOT.bottom + 20, String(Math.round(tick * 10) / 10), '', 'middle')),
    text((PLOT.left + PLOT.right) / 2, PLOT.bottom + 42, `${unit} since the attack began`, '', 'middle'),
  ];
}

// From the first amount on: what is nothing has no place on this scale.
function pathOf({ values }: Line, index: number, x: (share: number) => number, y: (value: number) => number): string {
  const points = values.flatMap((value, step) => (value > 0 ? [`${round(x((step + 1) / values.length))} ${round(y(value))}`] : []));
  return `<path class="line l${index}" d="M${points.join('L')}"/>`;
}

function legendOf({ name, values }: Line, index: number): readonly string[] {
  const middle = LEGEND_TOP + index * ROW;
  const end = Number((values.at(-1) ?? 0).toPrecision(3));
  return [
    `<path class="line l${index}" d="M${PLOT.left} ${middle}H${PLOT.left + 42}"/>`,
    text(PLOT.left + 54, middle + 4, `${name}: ${end}`),
  ];
}

function powersOf(lines: readonly Line[]): readonly [number, number] {
  const amounts = lines.flatMap(({ values }) => values).filter((value) => value > 0);
  const [least, most] = [Math.min(...amounts), Math.max(...amounts)];
  return [Math.floor(Math.log10(least)), Math.ceil(Math.log10(most))];
}

function rule(className: string, [x1, y1]: readonly [number, number], [x2, y2]: readonly [number, number]): string {
  return `<path class="${className}" d="M${round(x1)} ${round(y1)}L${round(x2)} ${round(y2)}"/>`;
}

function text(x: number, y: number, content: string, className = '', anchor = 'start'): string {
  return `<text x="${round(x)}" y="${round(y)}"${className === '' ? '' : ` class="${className}"`} text-anchor="${anchor}">${escaped(content)}</text>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
