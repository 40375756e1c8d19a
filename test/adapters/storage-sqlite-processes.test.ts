import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { sqliteStorage } from '../../adapters/storage/sqlite.ts';
import { NOW, tally } from '../conformance/case.ts';
import { issued, issueInput, redeemInput, someChallenge, someHit, wrongInput } from '../conformance/challenge-fixture.ts';
import { type ClosableDatabase, DRIVER_NAMES, DRIVERS, type Driver } from './sqlite-drivers.ts';
import type { Work } from './sqlite-process.ts';

type Answers = readonly { readonly is: string }[];

const PROGRAM = fileURLToPath(new URL('./sqlite-process.ts', import.meta.url));
const children: ChildProcess[] = [];
const databases: ClosableDatabase[] = [];
const folders: string[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const database of databases.splice(0)) database.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function freshFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ringlatch-'));
  folders.push(folder);
  return join(folder, 'app.db');
}

function opened(driver: Driver, path: string): ClosableDatabase {
  const database = DRIVERS[driver](path);
  databases.push(database);
  return database;
}

function start(driver: Driver, path: string): ChildProcess {
  const child = fork(PROGRAM, [driver, path], { execArgv: ['--disable-warning=ExperimentalWarning'] });
  children.push(child);
  return child;
}

async function ask(child: ChildProcess, message: 'open' | Work): Promise<Answers> {
  child.send(message);
  const [reply] = (await once(child, 'message')) as [{ readonly answers?: Answers; readonly error?: string }];
  if (reply.answers === undefined) throw new Error(reply.error);
  return reply.answers;
}

async function team(size: number, path: string): Promise<readonly ChildProcess[]> {
  const members = Array.from({ length: size }, (_, index) => start(DRIVER_NAMES[index % 2] ?? 'node:sqlite', path));
  await Promise.all(members.map((member) => ask(member, 'open')));
  return members;
}

describe('several processes on one database file', () => {
  it('migrate it together when all open it at once', async () => {
    const path = freshFile();
    await team(6, path);
    const database = opened('node:sqlite', path);
    const versions = database.prepare('SELECT part, version FROM ringlatch_migrations ORDER BY part').all();
    expect(versions.map((row) => ({ ...(row as object) }))).toEqual([
      { part: 'storage', version: 1 },
      { part: 'users', version: 1 },
    ]);
    expect(database.prepare('PRAGMA journal_mode').get()).toMatchObject({ journal_mode: 'wal' });
  });

  it('have one winner in every race', async () => {
    const path = freshFile();
    const members = await team(3, path);
    const { challenges, sessions } = sqliteStorage(opened('node:sqlite', path));
    const raced = async (work: (index: number) => Work): Promise<Answers> =>
      (await Promise.all(members.map((member, index) => ask(member, work(index))))).flat();
    const times = <Input>(input: () => Input): readonly Input[] => Array.from({ length: 21 }, input);
    for (let round = 0; round < 5; round++) {
      const right = await issued(challenges);
      const accepted = await raced(() => ({ store: 'challenges', verb: 'redeem', inputs: times(() => redeemInput(right)) }));
      expect(tally(accepted)).toEqual({ accepted: 1, used: 62 });
      const guessed = await issued(challenges);
      const wrong = await raced(() => ({ store: 'challenges', verb: 'redeem', inputs: times(() => wrongInput(guessed)) }));
      expect(tally(wrong)).toEqual({ wrong: 5, exhausted: 58 });
      const request = issueInput(someChallenge({ idempotencyHash: `key ${round}` }), { hits: [someHit({ max: 1 })] });
      const requested = await raced(() => ({ store: 'challenges', verb: 'issue', inputs: times(() => request) }));
      expect(tally(requested)).toEqual({ issued: 1, repeated: 62 });
      const hits = [someHit({ max: 7 })];
      const taken = await raced(() => ({ store: 'challenges', verb: 'take', inputs: times(() => ({ hits, cooldown: null, now: NOW })) }));
      expect(tally(taken)).toEqual({ taken: 7, limited: 56 });
      const user = { phoneNumber: `+98912000000${round}`, profile: {}, passwordHash: null, now: NOW };
      const registered = await raced(() => ({ store: 'users', verb: 'create', inputs: times(() => user) }));
      expect(tally(registered)).toEqual({ created: 1, phone_number_taken: 62 });
      const id = `session ${round}`;
      const session = { id, userId: 'u', userKey: 'k', currentHash: 'h0', amr: 'sms', userAgent: null, ip: null, authTime: NOW };
      const ends = { createdAt: NOW, idleExpiresAt: NOW + 1e9, absoluteExpiresAt: NOW + 1e9 };
      await sessions.create({ session: { ...session, ...ends }, maxPerUser: 20, now: NOW });
      const refresh = { sessionId: id, presentedHash: 'h0', nextHash: 'h1', graceSeconds: 30, idleExpiresAt: NOW + 1e9 };
      const inputs = times(() => ({ ...refresh, onReuse: 'revoke', now: NOW }));
      expect(tally(await raced(() => ({ store: 'sessions', verb: 'rotate', inputs })))).toEqual({ rotated: 1, replayed: 62 });
    }
  });

  for (const driver of DRIVER_NAMES) {
    it(`keep what was answered when one is killed (${driver})`, async () => {
      const path = freshFile();
      const child = start(driver, path);
      await ask(child, 'open');
      const challenge = someChallenge({ userId: 'u', profile: '{"name":"Ada"}' });
      const [answer] = await ask(child, { store: 'challenges', verb: 'issue', inputs: [issueInput(challenge)] });
      expect(answer?.is).toBe('issued');
      expect((await ask(child, { store: 'challenges', verb: 'redeem', inputs: [wrongInput(challenge)] }))[0]?.is).toBe('wrong');
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
      const { challenges } = sqliteStorage(opened(driver, path));
      const redeemed = await challenges.redeem(redeemInput(challenge));
      expect(redeemed).toMatchObject({ is: 'accepted', challenge: { ...challenge, attemptsLeft: 3 } });
    });
  }
});
