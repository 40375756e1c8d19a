import { type FlowRows, flowsPerSecond } from './flow-rows.ts';
import { medianOf, shown } from './statistics.ts';
import type { StoreName } from './systems/system.ts';
import type { SystemName } from './systems/systems.ts';

/** One bar. */
export interface Bar {
  readonly system: SystemName;
  readonly value: number;
}

const GROUPS: readonly (readonly [StoreName, string])[] = [
  ['postgres', 'Postgres'],
  ['sqlite', 'SQLite'],
  ['redis+postgres', 'Redis and Postgres'],
];
const SYSTEMS: readonly SystemName[] = ['better-auth', 'ringlatch', 'ringlatch, coalescing', 'floor'];
const CLASSES: Readonly<Partial<Record<SystemName, string>>> = {
  'better-auth': 'b0',
  ringlatch: 'b1',
  'ringlatch, coalescing': 'b2',
  floor: 'b3',
};
const LABELS: Readonly<Partial<Record<SystemName, string>>> = { floor: 'floor (written by hand)' };

const WIDTH = 720;
const LEFT = 260;
const RIGHT = 640;
const ROW = 24;
const STYLE = `
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-size: 15px; font-weight: 600 } .group { font-weight: 600 }
.paper { fill: #ffffff } .axis { stroke: #59636e }
.b0 { fill: #bc4c00 } .b1 { fill: #0969da } .b2 { fill: #1a7f37 } .b3 { fill: #9198a1 }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc } .paper { fill: #0d1117 } .axis { stroke: #9198a1 }
  .b0 { fill: #f0883e } .b1 { fill: #58a6ff } .b2 { fill: #56d364 } .b3 { fill: #6e7681 }
}`;

/** Sign-ins per second over Fastify by store, as an SVG; `null` before anything was measured. */
export function speedChart(flows: FlowRows): string | null {
  const groups = GROUPS.map(([store, name]) => ({ name, bars: SYSTEMS.flatMap((system) => barOf(flows, system, store)) })).filter(
    ({ bars }) => bars.length > 0,
  );
  return groups.length === 0 ? null : chartOf('Sign-ins per second over Fastify: code requested, code redeemed, session opened', groups);
}

function barOf(flows: FlowRows, system: SystemName, store: StoreName): readonly Bar[] {
  const rows = flows.of(system, store, 'fastify');
  return rows.length === 0 ? [] : [{ system, value: medianOf(rows, flowsPerSecond) }];
}

/** Bars in groups, all on one scale from nothing on. */
export function chartOf(title: string, groups: readonly { readonly name: string; readonly bars: readonly Bar[] }[]): string {
  const most = Math.max(...groups.flatMap(({ bars }) => bars.map(({ value }) => value)));
  const lines: string[] = [];
  let top = 56;
  for (const { name, bars } of groups) {
    lines.push(text(12, top, name, 'group'));
    top += 10;
    const start = top;
    for (const { system, value } of bars) {
      const width = Math.round((value / most) * (RIGHT - LEFT) * 10) / 10;
      lines.push(
        text(LEFT - 10, top + 15, LABELS[system] ?? system, '', 'end'),
        `<rect class="${CLASSES[system] ?? 'b3'}" x="${LEFT}" y="${top + 2}" width="${width}" height="${ROW - 6}"/>`,
        text(LEFT + width + 6, top + 15, shown(value)),
      );
      top += ROW;
    }
    lines.push(`<path class="axis" d="M${LEFT} ${start}V${top}"/>`);
    top += 28;
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${top}" width="${WIDTH}" height="${top}" role="img" aria-label="${escaped(title)}">`,
    `<style>${STYLE}\n</style>`,
    `<rect class="paper" width="${WIDTH}" height="${top}"/>`,
    text(12, 26, title, 'title'),
    ...lines,
    '</svg>\n',
  ].join('\n');
}

function text(x: number, y: number, content: string, className = '', anchor = 'start'): string {
  return `<text x="${x}" y="${y}"${className === '' ? '' : ` class="${className}"`} text-anchor="${anchor}">${escaped(content)}</text>`;
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
