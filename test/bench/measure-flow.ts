import { closedLoop } from './closed-loop.ts';
import { serverAddresses } from './server-addresses.ts';
import { storeCpuMicroseconds } from './store-cpu.ts';
import type { Operations } from './systems/system.ts';
import { type Visitor, visitorsFrom } from './visitor.ts';

/** Something that visitors can sign in to, wherever it runs. */
export interface Subject {
  readonly operations: Operations;
  codesFor(phoneNumbers: readonly string[]): Promise<readonly string[]>;
  /** CPU time that the process of the application has used so far, once nothing is left to be done behind answers. */
  appCpuMicroseconds(): Promise<number>;
}

/** How much of it. */
export interface FlowSize {
  /** Visitors that are measured, each of whom signs up and then signs in again. */
  readonly visitors: number;
  /** Other visitors before them, who do the same. */
  readonly warmUp: number;
  /** Visitors who act at the same moment. */
  readonly workers: number;
}

/** One kind of operation. */
export interface PhaseFigures {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly wallMs: number;
  readonly appMicroseconds: number;
  readonly storeMicroseconds: number;
}

export const PHASES = ['requestNew', 'signUp', 'request', 'login', 'refresh', 'password'] as const;
export type PhaseName = (typeof PHASES)[number];

/** What each kind of operation took; what a system does not have is not there. */
export type FlowFigures = Readonly<Partial<Record<PhaseName, PhaseFigures>>>;

const PASSWORD_WORKERS = 8;
const PASSWORD_LOGINS = 64;

/** Visitors sign up, sign in again and refresh, phase by phase. */
export async function measureFlow(subject: Subject, { visitors, warmUp, workers }: FlowSize): Promise<FlowFigures> {
  const { operations } = subject;
  const warm = visitorsFrom(0, warmUp);
  const measured = visitorsFrom(warmUp, visitors);
  const registersOnce = operations.loginWithPassword !== undefined;
  await signIn(subject, warm, workers);
  if (!registersOnce) await signIn(subject, warm, workers);
  const first = await signIn(subject, measured, workers);
  const figures: Partial<Record<PhaseName, PhaseFigures>> = { requestNew: first.request, signUp: first.signIn };
  if (operations.loginWithPassword !== undefined) {
    const { loginWithPassword } = operations;
    const some = measured.slice(0, PASSWORD_LOGINS);
    figures.password = await phase(subject, some.length, PASSWORD_WORKERS, (index) => loginWithPassword(visitorAt(some, index)));
    return figures;
  }
  const second = await signIn(subject, measured, workers);
  figures.request = second.request;
  figures.login = second.signIn;
  const { refresh } = operations;
  if (refresh !== undefined) {
    await closedLoop(warm.length, workers, (index) => refresh(visitorAt(warm, index)));
    figures.refresh = await phase(subject, measured.length, workers, (index) => refresh(visitorAt(measured, index)));
  }
  return figures;
}

async function signIn(
  subject: Subject,
  visitors: readonly Visitor[],
  workers: number,
): Promise<{ readonly request: PhaseFigures; readonly signIn: PhaseFigures }> {
  const { operations } = subject;
  const request = await phase(subject, visitors.length, workers, (index) => operations.requestCode(visitorAt(visitors, index)));
  const codes = await subject.codesFor(visitors.map(({ phoneNumber }) => phoneNumber));
  const login = await phase(subject, visitors.length, workers, (index) =>
    operations.signIn(visitorAt(visitors, index), codes[index] ?? ''),
  );
  return { request, signIn: login };
}

async function phase(subject: Subject, count: number, workers: number, work: (index: number) => Promise<void>): Promise<PhaseFigures> {
  const addresses = serverAddresses();
  const [storeBefore, appBefore] = [storeCpuMicroseconds(addresses), await subject.appCpuMicroseconds()];
  const { wallMs, p50Ms, p99Ms } = await closedLoop(count, workers, work);
  const [appAfter, storeAfter] = [await subject.appCpuMicroseconds(), storeCpuMicroseconds(addresses)];
  return {
    perSecond: (count / wallMs) * 1000,
    p50Ms,
    p99Ms,
    wallMs,
    appMicroseconds: (appAfter - appBefore) / count,
    storeMicroseconds: (storeAfter - storeBefore) / count,
  };
}

function visitorAt(visitors: readonly Visitor[], index: number): Visitor {
  const visitor = visitors[index];
  if (visitor === undefined) throw new RangeError(`There is no visitor ${index}.`);
  return visitor;
}
