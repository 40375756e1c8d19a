import type { Cooldown, Hit } from '../../src/core/limits.ts';
import type { Violation } from './check-history.ts';
import type { History, Operation } from './history.ts';
import { groupsOf, stretchesOf } from './history-order.ts';

type Charging = Extract<Operation, { verb: 'issue' | 'redeem' | 'nextSend' | 'take' }>;

/** One hit or send that a store says it wrote down. */
interface Charge<Rule> {
  readonly operation: Charging;
  readonly began: number;
  readonly ended: number | null;
  /** Epoch ms in the time of the calls. */
  readonly at: number;
  readonly rule: Rule;
}

/** I4 in a history: windows are recomputed from what was acknowledged, to the millisecond. */
export function counterViolations(history: History): readonly Violation[] {
  const charging = history.filter((operation): operation is Charging => ['issue', 'redeem', 'nextSend', 'take'].includes(operation.verb));
  const hits = charging.flatMap((operation) => writtenHits(operation).map((rule) => chargeOf(operation, rule)));
  const sends = charging.flatMap((operation) => {
    const cooldown = writtenCooldown(operation);
    return cooldown === null ? [] : [chargeOf(operation, cooldown)];
  });
  const clears = clearsOf(history);
  const judge = <Rule extends { readonly key: string }>(
    charges: readonly Charge<Rule>[],
    what: string,
    tooMany: (stretch: readonly Charge<Rule>[]) => readonly Charge<Rule>[] | null,
  ): readonly Violation[] =>
    [...groupsOf(charges, ({ rule }) => rule.key)].flatMap(([key, group]) =>
      stretchesOf(group, clears.get(key) ?? []).flatMap((stretch) => {
        const found = tooMany(stretch);
        const operations = found?.map(({ operation }) => operation);
        return operations === undefined ? [] : [{ invariant: 'I4' as const, message: `counter ${key} ${what}`, operations }];
      }),
    );
  return [...judge(hits, 'held more than max hits in one window', overfull), ...judge(sends, 'let a send pass its cooldown', tooSoon)];
}

function chargeOf<Rule>(operation: Charging, rule: Rule): Charge<Rule> {
  return { operation, began: operation.began, ended: operation.ended, at: operation.input.now, rule };
}

function writtenHits({ verb, input, answer }: Charging): readonly Hit[] {
  switch (answer?.is) {
    case 'taken':
    case 'issued':
    case 'resent':
    case 'next':
    case 'wrong':
      return input.hits.filter((hit) => amountOf(hit) > 0);
    case 'accepted':
      return verb === 'redeem' ? input.hits.filter((hit) => hit.when === 'always' && amountOf(hit) > 0) : [];
    default:
      return [];
  }
}

function writtenCooldown({ input, answer }: Charging): Cooldown | null {
  const isWritten = answer?.is === 'taken' || answer?.is === 'issued' || answer?.is === 'resent';
  return isWritten && 'cooldown' in input ? input.cooldown : null;
}

function clearsOf(history: History): ReadonlyMap<string, readonly Operation[]> {
  const clears = history.flatMap((operation) => clearedBy(operation).map((key) => ({ key, operation })));
  return new Map([...groupsOf(clears, ({ key }) => key)].map(([key, group]) => [key, group.map(({ operation }) => operation)]));
}

function clearedBy(operation: Operation): readonly string[] {
  if (operation.verb === 'clear') return operation.input;
  if (operation.verb !== 'redeem') return [];
  return operation.answer === null || operation.answer.is === 'accepted' ? operation.input.clears : [];
}

// Calls may come with different rules under one key: only what every one of them forbids is a fault.
function overfull(stretch: readonly Charge<Hit>[]): readonly Charge<Hit>[] | null {
  const max = Math.max(...stretch.map(({ rule }) => rule.max));
  const windowMs = 1000 * Math.min(...stretch.map(({ rule }) => rule.windowSeconds ?? Number.POSITIVE_INFINITY));
  const inTime = stretch.toSorted((a, b) => a.at - b.at);
  let [from, held] = [0, 0];
  for (const [index, { at, rule }] of inTime.entries()) {
    held += amountOf(rule);
    for (let first = inTime[from]; first !== undefined && first.at + windowMs <= at; first = inTime[++from]) held -= amountOf(first.rule);
    if (held > max) return inTime.slice(from, index + 1);
  }
  return null;
}

function amountOf({ amount = 1 }: Hit): number {
  return amount;
}

function tooSoon(stretch: readonly Charge<Cooldown>[]): readonly Charge<Cooldown>[] | null {
  const pauseMs = 1000 * Math.min(...stretch.flatMap(({ rule }) => [...rule.ladderSeconds, rule.windowSeconds]));
  const inTime = stretch.toSorted((a, b) => a.at - b.at);
  const from = inTime.findIndex((charge, index) => {
    const next = inTime[index + 1];
    return next !== undefined && next.at < charge.at + pauseMs;
  });
  return from < 0 ? null : inTime.slice(from, from + 2);
}
