import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PHONE_AUTH_ERROR_STATUS } from '../../src/errors.ts';
import { type Leak, leaksIn } from './leaks.ts';
import { type DatabaseFile, DRIVERS, newDatabaseFile, openDatabase } from './stores.ts';
import type { Testimony } from './witness.ts';

describe.each(DRIVERS)('a server over %s that did everything once', (driver) => {
  let file: DatabaseFile;
  let testimony: Testimony;
  let printed = '';
  let open: ReadonlyMap<string, Uint8Array>;
  let closed: ReadonlyMap<string, Uint8Array>;

  beforeAll(async () => {
    file = newDatabaseFile();
    const child = fork(fileURLToPath(new URL('./canary-main.ts', import.meta.url)), [driver, file.path], {
      execArgv: ['--disable-warning=ExperimentalWarning'],
      silent: true,
    });
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text: string) => (printed += text));
    const exited = once(child, 'exit');
    const ended = exited.then(() => Promise.reject(new Error(`The server stopped in the middle:\n${printed}`)));
    [testimony] = (await Promise.race([once(child, 'message'), ended])) as [Testimony];
    open = filesOf(file.path);
    child.send('close');
    await exited.catch(() => undefined);
    ended.catch(() => undefined);
    closed = filesOf(file.path);
  });
  afterAll(() => file.remove());

  it('had something to keep secret, and met every error', () => {
    const names = new Set(testimony.secrets.map(({ name }) => name));
    expect([...names].sort()).toEqual(
      ['accessToken', 'cookie', 'deviceToken', 'key or part of a token', 'password', 'proof', 'refreshToken', 'secret'].sort(),
    );
    expect(new Set(testimony.codes).size).toBeGreaterThan(20);
    const unmet = Object.keys(PHONE_AUTH_ERROR_STATUS).filter((code) => !testimony.said.some(({ text }) => text.includes(`"${code}"`)));
    expect(unmet).toEqual([]);
  });

  it('told no secret in an event, an error, a body or a header', () => {
    expect(testimony.said.flatMap(({ where, text }) => leaksIn(where, text, testimony))).toEqual([]);
  });

  it('printed nothing', () => {
    expect(printed).toBe('');
  });

  it('wrote no secret into the database, its log or its index, open or closed', () => {
    expect([...open.keys()].map((path) => path.slice(file.path.length))).toEqual(['', '-wal', '-shm']);
    const leaks = [...open, ...closed].flatMap(([path, bytes]) => leaksIn(path, bytes, testimony));
    expect(leaks).toEqual([]);
    expect(leaksInCells(file.path, testimony)).toEqual([]);
  });

  it('would have been caught', () => {
    const { codes, secrets } = testimony;
    const last = codes.at(-1) ?? '';
    expect(leaksIn('log', `Sent ${last}.`, testimony)).toEqual([{ where: 'log', what: 'code' }]);
    expect(leaksIn('log', `at 1${last}`, { codes, secrets: [] })).toEqual([]);
    for (const { name, text } of secrets) {
      expect(leaksIn('log', JSON.stringify({ text }), testimony)).toContainEqual({ where: 'log', what: name });
    }
    const database = openDatabase(driver, file.path);
    database.exec('CREATE TABLE canary (song TEXT, other TEXT)');
    const insert = database.prepare('INSERT INTO canary VALUES (?, ?)');
    insert.run(`{"code":"${last}"}`, '1');
    insert.run('digits touch 1', `${last}`);
    for (const { text } of secrets) insert.run(text, Buffer.from(text).toString('base64url'));
    database.close();
    const found = [...filesOf(file.path)].flatMap(([path, bytes]) => leaksIn(path, bytes, testimony));
    expect(new Set(found.map(({ what }) => what))).toEqual(new Set(['code', ...secrets.map(({ name }) => name)]));
    expect(new Set(leaksInCells(file.path, testimony).map(({ what }) => what))).toEqual(new Set(found.map(({ what }) => what)));
  });

  function leaksInCells(path: string, known: Testimony): readonly Leak[] {
    const database = openDatabase(driver, path);
    const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all() as { readonly name: string }[];
    const leaks = tables.flatMap(({ name }) =>
      (database.prepare(`SELECT * FROM "${name}"`).all() as object[]).flatMap((row) =>
        Object.entries(row).flatMap(([column, value]) => leaksIn(`${name}.${column}`, String(value), known)),
      ),
    );
    database.close();
    return leaks;
  }
});

function filesOf(path: string): ReadonlyMap<string, Uint8Array> {
  const names = ['', '-wal', '-shm'].map((end) => `${path}${end}`).filter((name) => existsSync(name));
  return new Map(names.map((name) => [name, readFileSync(name)]));
}
