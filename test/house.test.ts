import { randomBytes } from 'node:crypto';
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { memoryStorage } from '../adapters/storage/memory.ts';
import { checkConfig } from '../src/config-schema.ts';
import { PHONE_AUTH_ERROR_STATUS } from '../src/errors.ts';
import { entries } from '../tsup.config.ts';
import { faultOf } from './house/import-rules.ts';
import { membersOf, optionsIn, pathOf } from './house/options.ts';
import { snippetsOfDocumentation } from './house/snippets.ts';
import { at, codeOf, filesUnder, importsOf, sourcesUnder, textOf } from './house/source-file.ts';
import { typeProgramOf } from './house/type-program.ts';

const manifest = JSON.parse(textOf('package.json'));
const published = ['src', 'adapters', 'test/kit', 'test/conformance'].flatMap(sourcesUnder);
const library = ['src', 'adapters'].flatMap(sourcesUnder);

// Features, not settings: what they do is off until they are given, and their sentence says so.
const OFF_UNLESS_GIVEN: ReadonlySet<string> = new Set([
  'origin',
  'androidAppHash',
  'defaultCountry',
  'testNumbers',
  'messages',
  'onEvent',
  'passwords',
  'profile',
  'claims',
  'canSignIn',
]);

const checked = checkConfig('auth', {
  secret: randomBytes(32).toString('hex'),
  storage: memoryStorage(),
  sms: async () => {},
  tokens: { issueAccessToken: async () => '', verifyAccessToken: async () => null },
  appName: 'Acme',
  allowedCountries: 'all',
  limits: { smsPerDay: 1 },
});

// The lines of code of some files that match, each with its place.
function linesOf(files: readonly string[], pattern: RegExp): readonly string[] {
  return files.flatMap((file) =>
    codeOf(file)
      .split('\n')
      .flatMap((code, line) => (pattern.test(code) ? [at(file, line)] : [])),
  );
}

describe('imports', () => {
  it('open only the doors that lead inwards, and meet each library in one place', () => {
    expect(published.flatMap(importsOf).flatMap((line) => faultOf(line) ?? [])).toEqual([]);
  });

  it.each([
    ['src/core/code.ts', 'src/ports/user-store.ts', true],
    ['src/core/code.ts', 'src/errors.ts', true],
    ['src/core/code.ts', 'zod', false],
    ['src/core/code.ts', 'node:crypto', true],
    ['src/core/keys.ts', 'jose', false],
    ['src/flows/login-with-code.ts', 'src/flows/register-with-code.ts', false],
    ['src/flows/steps/open-session.ts', 'src/flows/login-with-code.ts', false],
    ['src/http/routes.ts', 'src/core/keys.ts', true],
    ['src/http/routes.ts', 'src/flows/request-code.ts', true],
    ['src/http/routes.ts', 'src/create-phone-auth.ts', false],
    ['adapters/storage/sqlite.ts', 'src/core/limits.ts', false],
    ['adapters/storage/sqlite.ts', 'better-sqlite3', true],
    ['adapters/http/express.ts', 'express', true],
    ['adapters/http/express.ts', 'adapters/storage/memory.ts', true],
    ['test/conformance/challenge-store.ts', 'adapters/storage/memory.ts', false],
    ['test/conformance/challenge-store.ts', 'vitest', false],
    ['src/tools/anything.ts', 'src/errors.ts', false],
  ])('are refused from %s to %s', (file, target, typeOnly) => {
    expect(faultOf({ file, target, typeOnly, where: file })).toContain(file);
  });

  it.each([
    ['src/core/keys.ts', '@noble/hashes/hmac.js', false],
    ['src/flows/login-with-code.ts', 'src/flows/steps/open-session.ts', false],
    ['src/flows/login-with-code.ts', 'src/flows/request-code.ts', true],
    ['src/http/routes.ts', 'src/create-phone-auth.ts', true],
    ['adapters/storage/sqlite.ts', 'src/core/limits.ts', true],
    ['adapters/passwords/node.ts', 'node:crypto', false],
  ])('are welcome from %s to %s', (file, target, typeOnly) => {
    expect(faultOf({ file, target, typeOnly, where: file })).toBeNull();
  });

  it('name `node:` only in adapters whose first comment speaks of Node', () => {
    const users = library.flatMap(importsOf).filter((line) => line.target.startsWith('node:'));
    const silent = users.filter((line) => !/\bNode\b/.test(textOf(line.file).match(/\/\*\*[\s\S]*?\*\/|^\/\/.*$/m)?.[0] ?? ''));
    expect(silent.map((line) => line.where)).toEqual([]);
  });
});

describe('the code', () => {
  it('knows no clock and no randomness in the core', () => {
    const core = sourcesUnder('src/core');
    expect(
      linesOf(core, /\bDate\b|\bperformance\b|\bMath\.random\b|\bcrypto\.|\bglobalThis\b|\bset(Timeout|Interval)\b|\bprocess\b/),
    ).toEqual([]);
  });

  it('takes the time from the context in flows and routes', () => {
    expect(linesOf(['src/flows', 'src/http'].flatMap(sourcesUnder), /\bDate\.now\b|\bnew Date\b/)).toEqual([]);
  });

  it('draws nothing from Math.random', () => {
    expect(linesOf(published, /\bMath\s*\.\s*random\b/)).toEqual([]);
  });

  it('has one class', () => {
    expect(linesOf(library, /\bclass\s+\w/)).toEqual([expect.stringContaining('class PhoneAuthError')]);
  });

  it('leaves no marks of work undone, no muted compiler, no skipped test', () => {
    const marks = new RegExp(
      ['TO' + 'DO', 'FIX' + 'ME', '@ts-' + 'ignore', '@ts-' + 'nocheck', 'biome-' + 'ignore', 'v8 ' + 'ignore'].join('|'),
    );
    const skips = /\b(it|test|describe)\.(skip|only|todo)\b/;
    const files = ['src', 'adapters', 'test', 'examples'].flatMap(sourcesUnder);
    const marked = files.flatMap((file) =>
      textOf(file)
        .split('\n')
        .flatMap((text, line) => (marks.test(text) ? [at(file, line)] : [])),
    );
    expect([...marked, ...linesOf(files, skips)]).toEqual([]);
  });

  it('stands alone: no file speaks of a place outside the repository', () => {
    const outside = new RegExp(['/wo' + 'rk/', '\\.\\./sha' + 'red\\b'].join('|'));
    const texts = filesUnder('').filter((file) => /\.(ts|mts|cts|js|mjs|cjs|json|md|html|css|svg|yml|yaml|sql)$|^[^.]*$|\.ci\//.test(file));
    expect(
      texts.flatMap((file) =>
        textOf(file)
          .split('\n')
          .flatMap((text, line) => (outside.test(text) ? [at(file, line)] : [])),
      ),
    ).toEqual([]);
  });

  it('has no file whose name says nothing', () => {
    const files = ['src', 'adapters', 'test', 'examples'].flatMap(filesUnder);
    expect(files.filter((file) => /^(utils?|helpers?|common|shared|misc|types|constants|services?)\./.test(basename(file)))).toEqual([]);
  });
});

describe('the package', () => {
  it('exports exactly what is built', () => {
    const expected = Object.fromEntries(
      Object.keys(entries).map((entry) => [
        entry === 'index' ? '.' : `./${entry}`,
        {
          import: { types: `./dist/${entry}.d.ts`, default: `./dist/${entry}.js` },
          require: { types: `./dist/${entry}.d.cts`, default: `./dist/${entry}.cjs` },
        },
      ]),
    );
    expect(manifest.exports).toEqual({ ...expected, './package.json': './package.json' });
  });

  it('puts the types before the code, where TypeScript looks for them', () => {
    const conditions = Object.values<object | string>(manifest.exports).filter((target) => typeof target === 'object');
    expect(conditions.flatMap((target) => Object.values(target).map((condition) => Object.keys(condition)[0]))).toEqual(
      conditions.flatMap(() => ['types', 'types']),
    );
  });

  it('resolves inside the repository to the sources that are built', () => {
    const paths = Object.fromEntries(
      Object.entries(entries).map(([entry, file]) => [entry === 'index' ? 'ringlatch' : `ringlatch/${entry}`, [`./${file}`]]),
    );
    expect(JSON.parse(textOf('tsconfig.json')).compilerOptions.paths).toEqual(paths);
  });

  it('ships the sources that its source maps name', () => {
    const shipped = (file: string) => manifest.files.some((folder: string) => file.startsWith(`${folder}/`));
    expect(Object.values(entries).filter((file) => !shipped(file))).toEqual([]);
  });

  it('has an entry in the changelog for its version', () => {
    expect(textOf('CHANGELOG.md')).toContain(`## ${manifest.version}`);
  });
});

describe('the documentation', () => {
  const wrong = {
    where: 'a wrong example',
    text: "import { PhoneAuthError } from 'ringlatch';\nnew PhoneAuthError('no_such_code', {});\n",
  };
  const program = typeProgramOf([...snippetsOfDocumentation(), wrong]);

  it('has a sentence for every public export', () => {
    expect(program.undocumented).toEqual([]);
  });

  it('compiles in all its examples', () => {
    expect(program.faults).toEqual([expect.stringMatching(/^a wrong example: line 2: /)]);
  });

  it('lists every error code with its status in README.md', () => {
    const rows = textOf('README.md')
      .split('\n')
      .filter((line) => line.startsWith('|'));
    const listed = ([code, status]: [string, number]) => rows.some((row) => row.includes(`\`${code}\``) && row.includes(String(status)));
    expect(Object.entries(PHONE_AUTH_ERROR_STATUS).filter((entry) => !listed(entry))).toEqual([]);
  });

  it('lists every option in README.md', () => {
    const named = new Set([...textOf('README.md').matchAll(/`([\w.]+)\??`/g)].flatMap(([, name]) => [name, name?.split('.').at(-1)]));
    expect(
      optionsIn('src/config.ts')
        .filter(({ name }) => !named.has(name))
        .map(({ where }) => where),
    ).toEqual([]);
  });

  it('names every event', () => {
    const documents = filesUnder('')
      .filter((file) => /^(README\.md|docs\/.*\.md)$/.test(file))
      .map(textOf)
      .join('\n');
    const missing = membersOf('src/events.ts', 'PhoneAuthEvents').filter((type) => !documents.includes(`\`${type}\``));
    expect(missing).toEqual([]);
  });

  it('tells the default of every optional setting', () => {
    const silent = optionsIn('src/config.ts').filter(
      (option) => option.optional && !option.group && !OFF_UNLESS_GIVEN.has(option.name) && option.default === null,
    );
    expect(silent.map(({ where }) => where)).toEqual([]);
  });

  it('tells the defaults that are set', () => {
    const all = optionsIn('src/config.ts');
    const documented = all.flatMap((option) => {
      const value = literalIn(option.default);
      return value === undefined ? [] : [[pathOf(option, all), value] as const];
    });
    expect(documented.length).toBeGreaterThan(35);
    const options = checked.is === 'valid' ? checked.options : null;
    // A switch that is not there is off.
    expect(documented.map(([path]) => [path, valueAt(options, path) ?? false])).toEqual(documented);
  });

  it('says of every optional setting of every adapter what it is', () => {
    const silent = sourcesUnder('adapters')
      .flatMap(optionsIn)
      .filter(({ optional, never, comment }) => optional && !never && comment === '');
    expect(silent.map(({ where }) => where)).toEqual([]);
  });
});

// What a literal stands for, with what is added in brackets left out; nothing for words.
function literalIn(text: string | null): unknown {
  const json = text
    ?.replace(/ \(.*\)$/, '')
    .replaceAll("'", '"')
    .replace(/(\w+):/g, '"$1":');
  try {
    return json === undefined ? undefined : JSON.parse(json);
  } catch {
    return undefined;
  }
}

function valueAt(options: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => (value as Readonly<Record<string, unknown>> | undefined)?.[key], options);
}
