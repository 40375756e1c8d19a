// The sign-in page in a real browser, from a person's point of view: node test/browser/run.ts
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { freePort, type ServerProcess, startServer } from '../starters/server-process.ts';

const ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const repository = join(import.meta.dirname, '../..');
const browsers =
  process.env.CHROMIUM === undefined
    ? ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
    : [process.env.CHROMIUM];
const executablePath = browsers.find((path) => existsSync(path));

interface Stage {
  readonly context: BrowserContext;
  readonly page: Page;
  readonly origin: string;
  readonly restart: () => Promise<void>;
}

const persian = (text: string): string => text.replace(/\d/g, (digit) => '۰۱۲۳۴۵۶۷۸۹'[Number(digit)] ?? digit);

interface Box {
  readonly left: number;
  readonly right: number;
}

interface Layout {
  readonly line: Box;
  /** The first letter. */
  readonly first: Box;
  readonly name: Box;
  readonly digits: readonly Box[];
}

// Where the letters of each message stand, the newest first.
const LAYOUT = `[...document.querySelectorAll('.message')].map((message) => {
  const text = message.firstChild;
  const box = (from, length) => {
    const range = document.createRange();
    range.setStart(text, from);
    range.setEnd(text, from + length);
    const { left, right } = range.getBoundingClientRect();
    return { left, right };
  };
  const { left, right } = message.getBoundingClientRect();
  const code = text.data.search(/\\d{6}/);
  const name = 'Ringlatch Demo';
  return {
    line: { left, right },
    first: box(0, 1),
    name: box(text.data.indexOf(name), name.length),
    digits: [0, 1, 2, 3, 4, 5].map((index) => box(code + index, 1)),
  };
})`;

/** The newest code on the inbox page, read in a tab of its own as a person would. */
async function readInbox({ context, origin }: Stage, expectedMessages: number): Promise<string> {
  const inbox = await context.newPage();
  await inbox.goto(`${origin}/inbox`);
  await inbox
    .locator('#messages li')
    .nth(expectedMessages - 1)
    .waitFor();
  const label = await inbox.locator('#messages li').first().getByRole('button').innerText();
  await inbox.close();
  const code = /\d{6}/.exec(label)?.[0];
  assert.ok(code, `the inbox shows a code, not ${label}`);
  return code;
}

async function focusedId(page: Page): Promise<string | null> {
  return page.locator(':focus').getAttribute('id');
}

async function askForCode({ page, origin }: Stage, phoneNumber: string): Promise<void> {
  await page.goto(origin);
  await page.getByLabel('Mobile number').fill(phoneNumber);
  await page.getByRole('button', { name: 'Send code' }).click();
  await page.getByLabel('Code from the SMS').waitFor();
}

async function signedIn(page: Page, phoneNumber: string): Promise<void> {
  await page.getByText(new RegExp(`^You are signed in with .?\\${phoneNumber}`)).waitFor();
}

const STORIES: Readonly<Record<string, (stage: Stage) => Promise<void>>> = {
  'a national number in Persian digits and a pasted Persian code sign in; reload and restart keep the session': async (stage) => {
    const { page, origin } = stage;
    await askForCode(stage, '۰۹۱۲ ۳۴۵ ۶۷۸۹');
    const code = persian(await readInbox(stage, 1));
    await page.bringToFront();
    const field = page.getByLabel('Code from the SMS');
    await field.fill(` ${code.slice(0, 3)} ${code.slice(3)} `);
    for (const key of ['Control+A', 'Control+X', 'Control+V']) await field.press(key);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await signedIn(page, '+989123456789');
    await page.reload();
    await signedIn(page, '+989123456789');
    await stage.restart();
    await page.reload();
    await signedIn(page, '+989123456789');
    await stage.context.clearCookies({ name: 'ringlatch-access' });
    await page.reload();
    await signedIn(page, '+989123456789');
    const cookies = await stage.context.cookies(origin);
    assert.ok(cookies.length > 0 && cookies.every((cookie) => cookie.httpOnly), 'no script can read the session');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('You are signed out.').waitFor();
    await page.reload();
    await page.getByLabel('Mobile number').waitFor();
  },

  'a wrong code is explained and keeps the focus; the right one still works': async (stage) => {
    const { page } = stage;
    await askForCode(stage, '0912 345 6780');
    const code = await readInbox(stage, 1);
    await page.bringToFront();
    const field = page.getByLabel('Code from the SMS');
    await field.fill(code === '000000' ? '111111' : '000000');
    await field.press('Enter');
    await page.getByRole('alert').getByText('This code is not right.').waitFor();
    assert.equal(await focusedId(page), 'code');
    assert.equal(await field.getAttribute('aria-invalid'), 'true');
    await field.fill(code);
    await field.press('Enter');
    await signedIn(page, '+989123456780');
  },

  'a number that cannot be used is explained beside the field': async ({ page, origin }) => {
    await page.goto(origin);
    const field = page.getByLabel('Mobile number');
    // a press does not wait for what it presses on
    await field.waitFor();
    await field.press('Enter');
    await page.getByRole('alert').getByText('Enter your mobile number.').waitFor();
    await field.fill('0912');
    await field.press('Enter');
    await page.getByRole('alert').getByText('This is not a phone number.').waitFor();
    assert.equal(await focusedId(page), 'phone-number');
  },

  'the resend counts down, survives a reload, and brings the same code again': async (stage) => {
    const { page } = stage;
    await askForCode(stage, '0912 345 6781');
    const resend = page.getByRole('button', { name: /^Send again/ });
    assert.match(await resend.innerText(), /^Send again in 0:(30|2\d)$/);
    assert.equal(await resend.isDisabled(), true);
    const code = await readInbox(stage, 1);
    await page.bringToFront();
    await page.reload();
    assert.match(await resend.innerText(), /^Send again in 0:[0-3]\d$/);
    await page.getByRole('button', { name: 'Send again', exact: true }).click({ timeout: 40_000 });
    await page.getByText('The code was sent again.').waitFor();
    assert.equal(await focusedId(page), 'code');
    assert.match(await resend.innerText(), /^Send again in [01]:\d\d$/);
    assert.equal(await readInbox(stage, 2), code);
    await page.bringToFront();
    await page.getByRole('button', { name: 'Change number' }).click();
    await page.getByLabel('Mobile number').waitFor();
  },

  'a code that was right is not asked for again when what came after it failed': async (stage) => {
    const { page } = stage;
    await askForCode(stage, '0912 345 6784');
    const bodies: string[] = [];
    await page.route('**/auth/sign-in/code', async (route) => {
      bodies.push(route.request().postData() ?? '');
      await route.fulfill({ status: 503, json: { code: 'unavailable', retryAfterSeconds: 1, proof: 'the-proof' } });
    });
    const field = page.getByLabel('Code from the SMS');
    await field.fill('123456');
    await field.press('Enter');
    await page.getByRole('alert').getByText('This does not work right now. Try again in 1 second.').waitFor();
    const second = page.waitForRequest('**/auth/sign-in/code');
    await field.press('Enter');
    await second;
    assert.match(bodies[0] ?? '', /"code":"123456"/);
    assert.equal((await second).postData(), '{"proof":"the-proof"}');
  },

  'an SMS that did not leave opens the next step, where it can be sent again': async ({ page, origin }) => {
    await page.route('**/auth/codes', async (route) => {
      const answer = (await (await route.fetch()).json()) as object;
      await route.fulfill({ status: 502, json: { ...answer, code: 'delivery_failed', retryable: true } });
    });
    await page.goto(origin);
    await page.getByLabel('Mobile number').fill('0912 345 6785');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('The SMS did not leave.').waitFor();
    assert.equal(await focusedId(page), 'code');
    await page.getByRole('button', { name: /^Send again in/ }).waitFor();
  },

  'without a connection the page says so': async ({ page, origin, context }) => {
    await page.goto(origin);
    const field = page.getByLabel('Mobile number');
    await field.fill('0912 345 6786');
    await context.setOffline(true);
    await field.press('Enter');
    await page.getByRole('alert').getByText('The server cannot be reached.').waitFor();
    await context.setOffline(false);
    await field.press('Enter');
    await page.getByLabel('Code from the SMS').waitFor();
  },

  'in Persian the page reads from right to left and the numbers do not': async ({ page, origin }) => {
    await page.goto(`${origin}/?lang=fa`);
    const field = page.getByLabel('شمارهٔ موبایل');
    await field.waitFor();
    assert.equal(await page.evaluate('getComputedStyle(document.body).direction'), 'rtl');
    assert.equal(await page.locator('html').getAttribute('lang'), 'fa');
    assert.equal(await page.evaluate("getComputedStyle(document.getElementById('phone-number')).direction"), 'ltr');
    await field.fill('09123456782');
    await field.press('Enter');
    await page.getByText('کد ۶ رقمی به').waitFor();
    assert.match(await page.getByRole('button', { name: /^ارسال دوباره/ }).innerText(), /۰:[۰-۳][۰-۹]/);
  },

  'the keyboard alone signs in and out, with the focus always in sight': async (stage) => {
    const { page, origin } = stage;
    await page.goto(origin);
    await page.getByLabel('Mobile number').waitFor();
    assert.equal(await focusedId(page), 'phone-number');
    await page.keyboard.type('0912 345 6783');
    await page.keyboard.press('Enter');
    await page.getByLabel('Code from the SMS').waitFor();
    const code = await readInbox(stage, 1);
    await page.bringToFront();
    assert.equal(await focusedId(page), 'code');
    await page.keyboard.type(code);
    await page.keyboard.press('Tab');
    assert.notEqual(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle'), 'none');
    await page.keyboard.press('Enter');
    await signedIn(page, '+989123456783');
    assert.equal(await focusedId(page), 'title');
    await page.keyboard.press('Tab');
    assert.equal(await focusedId(page), 'sign-out');
    await page.keyboard.press('Enter');
    await page.getByText('You are signed out.').waitFor();
    assert.equal(await focusedId(page), 'phone-number');
  },

  'the inbox lays a Persian message out from right to left and its code from left to right; it filters, and copies': async (stage) => {
    const { page, origin, context } = stage;
    await askForCode(stage, '0912 345 6787');
    await page.getByRole('button', { name: 'Change number' }).click();
    await page.goto(`${origin}/?lang=fa`);
    await page.getByLabel('شمارهٔ موبایل').fill('09123456788');
    await page.keyboard.press('Enter');
    await page.getByText('کد ۶ رقمی به').waitFor();
    const inbox = await context.newPage();
    inbox.on('console', (line) => assert.doesNotMatch(line.text(), /Content Security Policy|TrustedHTML/));
    await inbox.goto(`${origin}/inbox`);
    await inbox.locator('#messages li').nth(1).waitFor();
    const [persian, english] = (await inbox.evaluate(LAYOUT)) as readonly Layout[];
    assert.ok(persian && english);
    const { line, name, digits } = persian;
    assert.ok(line.right - persian.first.right < 2, 'a Persian line begins at the right');
    assert.ok(
      digits.every(({ left }, index) => index === 0 || left > (digits[index - 1]?.left ?? 0)),
      'its code reads from left to right',
    );
    assert.ok((digits.at(-1)?.right ?? 0) < name.left, 'behind the name, which is to the left of it');
    assert.ok(name.right < persian.first.left, 'and the name is behind what is before it');
    assert.ok(english.first.left - english.line.left < 2, 'an English line begins at the left');
    assert.ok(english.name.left > (english.digits.at(-1)?.right ?? 0), 'with the code before the name');

    await inbox.getByLabel('Filter by number').fill('۰۹۱۲۳۴۵۶۷۸۷');
    await inbox.getByText('Messages: 1 of 2').waitFor();
    assert.deepEqual(await inbox.locator('#messages li:visible .to').allInnerTexts(), ['+989123456787']);
    const copy = inbox.locator('#messages li:visible').getByRole('button');
    await copy.click();
    await inbox.getByText('is in the clipboard').waitFor();
    assert.match(await copy.innerText(), new RegExp(`^Copy ${await inbox.evaluate('navigator.clipboard.readText()')}$`));
    await inbox.getByLabel('Filter by number').fill('');
    await page.goto(`${origin}/?lang=en`);
    await page.getByRole('button', { name: 'Change number' }).click();
    await askForCode(stage, '0912 345 6789');
    await inbox.locator('#messages li').nth(2).waitFor();
    assert.equal(await inbox.locator('#messages li .to').first().innerText(), '+989123456789');
  },
};

/** One server with one database per story; everything of it is gone afterwards. */
async function play(story: (stage: Stage) => Promise<void>, executablePath: string): Promise<void> {
  const cwd = mkdtempSync(join(tmpdir(), 'ringlatch-browser-'));
  const port = await freePort();
  const args = ['--import', './examples/link.mjs', 'examples/express/server.ts'];
  const start = (): Promise<ServerProcess> =>
    startServer({ args, cwd: repository, port, env: { DATABASE_FILE: join(cwd, 'demo.sqlite') } });
  let server = await start();
  const browser = await chromium.launch({ executablePath, args: ARGS });
  const faults: string[] = [];
  try {
    const context = await browser.newContext({ locale: 'en-GB', permissions: ['clipboard-read', 'clipboard-write'] });
    context.setDefaultTimeout(10_000);
    const page = await context.newPage();
    page.on('pageerror', (error) => faults.push(`script: ${error.message}`));
    page.on('console', (line) => {
      if (/Content Security Policy/.test(line.text())) faults.push(line.text());
    });
    await story({
      context,
      page,
      origin: server.origin,
      restart: async () => {
        await server.stop();
        server = await start();
      },
    });
    assert.deepEqual(faults, []);
  } finally {
    await browser.close();
    await server.stop();
    rmSync(cwd, { recursive: true, force: true });
  }
}

if (executablePath === undefined) {
  process.stdout.write(`NOT RUN: test:browser, because there is no ${browsers.join(', no ')}. Name one with CHROMIUM=/path/to/chromium.\n`);
  process.exitCode = process.env.CI === 'true' ? 1 : 0;
} else {
  let failed = 0;
  for (const [name, story] of Object.entries(STORIES)) {
    try {
      await play(story, executablePath);
      process.stdout.write(`ok      ${name}\n`);
    } catch (error) {
      failed += 1;
      process.stdout.write(`FAILED  ${name}: ${error instanceof Error ? error.stack : String(error)}\n`);
    }
  }
  process.stdout.write(`${Object.keys(STORIES).length - failed} passed, ${failed} failed\n`);
  process.exitCode = failed === 0 ? 0 : 1;
}
