import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Inbox, inboxSms } from '../../adapters/sms/inbox.ts';
import type { SmsMessage, SmsSender } from '../../src/index.ts';
import { HAS_POSTGRES } from '../adapters/postgres-databases.ts';
import { HAS_REDIS } from '../adapters/redis-server.ts';
import { type TestClock, testClock } from '../kit/clock.ts';
import { nextPhoneNumber } from '../kit/phone-numbers.ts';
import { type Answer, type Call, serveContract } from './contract-server.ts';
import { type ContractStorage, LOCAL_STORAGES, type OpenStorage, storageOnPostgres, storageOnRedis } from './contract-storage.ts';

export type { Answer, Call } from './contract-server.ts';
export type { ContractStorage } from './contract-storage.ts';
export { hostileBodies } from './hostile-bodies.ts';

/** What a starter's `createApp` gives, as far as the harness looks. */
export interface ContractApp {
  readonly handler: (request: IncomingMessage, response: ServerResponse) => void;
  readonly auth: { drain(): Promise<void> };
}

/** The `createApp` of a starter. */
export type CreateApp<Settings, App extends ContractApp> = (options: {
  settings?: Settings;
  storage: ContractStorage;
  sms: SmsSender;
  now: () => number;
}) => Promise<App>;

/** How an app is opened. */
export interface OpenOptions<Settings> {
  readonly settings?: Settings;
  /** @default the inbox, which says that it does not deliver */
  readonly sms?: SmsSender;
  /** Another process of the deployment of an app that is open: same storage, clock and secret. @default a deployment of its own */
  readonly beside?: Pick<Opened<ContractApp>, 'storage' | 'clock'>;
  /** A store or sender of the test fails, so that answers of 5xx are no fault. @default false */
  readonly mayFail?: boolean;
}

/** A number of Iran that no other test has. */
export interface FreshNumber {
  /** `+989…` */
  readonly e164: string;
  /** `09…` */
  readonly local: string;
}

/** A starter that is served, with all that a test touches. */
export interface Opened<App extends ContractApp> {
  readonly url: string;
  readonly call: Call;
  readonly inbox: Inbox;
  /** All that was sent to that E.164 number, also what was under way when this is called. */
  readonly sentTo: (phoneNumber: string) => Promise<readonly SmsMessage[]>;
  readonly clock: TestClock;
  readonly auth: App['auth'];
  readonly app: App;
  readonly storage: ContractStorage;
  readonly phoneNumber: () => FreshNumber;
  /** So many calls at once. */
  readonly parallel: (count: number, call: (index: number) => Promise<Answer>) => Promise<readonly Answer[]>;
}

/** Opens a starter for one test; it is closed after it. */
export type Open<Settings, App extends ContractApp> = (options?: OpenOptions<Settings>) => Promise<Opened<App>>;

interface ContractOptions {
  /** Profile fields that no two users share. @default [] */
  readonly unique?: readonly string[];
}

/**
 * Runs a body of tests on memory and on an SQLite file. Every `open` has a storage and a clock of its own; all calls come from one address, so
 * that a test of many sends moves the clock. After each test no answer may have been a 5xx, and none may have told a code that was sent.
 */
export function contractOn<Settings, App extends ContractApp>(
  name: string,
  createApp: CreateApp<Settings, App>,
  body: (open: Open<Settings, App>) => void,
  { unique = [] }: ContractOptions = {},
): void {
  describe.each(Object.entries(LOCAL_STORAGES))(`${name} on %s`, (_, storage) => {
    body(openerOf(createApp, async () => storage(unique)));
  });
}

/** The same story once with everything in Postgres, and once with challenges and sessions in Redis. In CI both servers must be there. */
export function servedStoryOn<Settings, App extends ContractApp>(
  createApp: CreateApp<Settings, App>,
  story: (opened: Opened<App>) => Promise<void>,
  { unique = [], settings }: ContractOptions & { readonly settings?: Settings } = {},
): void {
  const options = settings === undefined ? {} : { settings };
  describe.skipIf(!HAS_POSTGRES)('with everything in Postgres', () => {
    const open = openerOf(createApp, () => storageOnPostgres(unique));
    it('tells the same story', async () => story(await open(options)));
  });
  describe.skipIf(!HAS_POSTGRES || !HAS_REDIS)('with challenges and sessions in Redis and users in Postgres', () => {
    const open = openerOf(createApp, () => storageOnRedis(unique));
    it('tells the same story', async () => story(await open(options)));
  });
}

/** How often each status was answered: `{ 200: 1, 400: 19 }`. */
export function statusesOf(answers: readonly Answer[]): Readonly<Record<number, number>> {
  const counts: Record<number, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

function openerOf<Settings, App extends ContractApp>(
  createApp: CreateApp<Settings, App>,
  openStorage: () => Promise<OpenStorage>,
): Open<Settings, App> {
  let faults: (() => readonly string[])[] = [];
  let ends: (() => void | Promise<void>)[] = [];

  // Two processes of one deployment have one secret.
  beforeAll(() => void vi.stubEnv('RINGLATCH_SECRET', randomBytes(32).toString('base64')));
  afterAll(() => void vi.unstubAllEnvs());
  afterEach(async () => {
    const found = faults.flatMap((faultsOf) => faultsOf());
    for (const end of ends.reverse()) await end();
    [faults, ends] = [[], []];
    expect(found).toEqual([]);
  });

  async function deployment(): Promise<Pick<Opened<App>, 'storage' | 'clock'>> {
    const { storage, close } = await openStorage();
    ends.push(close);
    return { storage, clock: testClock() };
  }

  return async ({ settings, beside, mayFail = false, sms } = {}) => {
    const { storage, clock } = beside ?? (await deployment());
    const inbox = inboxSms();
    const options = { storage, sms: sms ?? inbox, now: clock.now };
    const app = await createApp(settings === undefined ? options : { ...options, settings });
    ends.push(() => app.auth.drain());
    const { url, call, answers, close } = await serveContract(app.handler);
    ends.push(close);
    faults.push(() => answers.flatMap((answer) => faultOf(answer, inbox, mayFail)));
    return {
      ...{ url, call, inbox, clock, app, storage, auth: app.auth, phoneNumber: freshNumber },
      async sentTo(phoneNumber) {
        await app.auth.drain();
        return inbox.messages(phoneNumber);
      },
      parallel: (count, one) => Promise.all(Array.from({ length: count }, (__, index) => one(index))),
    };
  };
}

/** What no starter may answer: a 5xx where nothing failed, and a code that was sent. */
export function faultOf({ status, text }: Pick<Answer, 'status' | 'text'>, inbox: Inbox, mayFail: boolean): readonly string[] {
  const told = inbox.messages().some(({ code }) => code !== '' && new RegExp(`(?<!\\w)${code}(?!\\w)`).test(text));
  if (told) return [`tells the code: ${status} ${text}`];
  return status >= 500 && !mayFail ? [`${status} ${text}`] : [];
}

function freshNumber(): FreshNumber {
  const e164 = nextPhoneNumber('IR');
  return { e164, local: e164.replace('+98', '0') };
}
