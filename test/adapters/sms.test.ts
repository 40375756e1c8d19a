import { afterEach, describe, expect, it, vi } from 'vitest';
import { type ConsoleSmsOptions, consoleSms } from '../../adapters/sms/console.ts';
import { type InboxSmsOptions, inboxSms } from '../../adapters/sms/inbox.ts';
import type { PhoneNumber } from '../../src/core/phone-number.ts';
import type { SmsMessage, SmsSender } from '../../src/ports/sms-sender.ts';

const ANNA = '+989121234567';
const BOB = '+12015550123';

function message(code: string, to: string = ANNA, text: string = `${code} is your Acme sign-in code.`): SmsMessage {
  return {
    to: to as PhoneNumber,
    text,
    code,
    purpose: 'sign-in',
    context: null,
    locale: 'en',
    channel: 'sms',
    challengeId: `challenge-${code}`,
    expiresAt: 1_800_000_000_000,
    idempotencyKey: `challenge-${code}:1`,
  };
}

function send(sender: SmsSender, ...messages: readonly SmsMessage[]): Promise<unknown> {
  return Promise.all(messages.map((one) => sender.send(one, { signal: new AbortController().signal })));
}

afterEach(() => {
  vi.unstubAllEnvs();
  vi.useRealTimers();
});

describe('the console', () => {
  it('prints one block per message and says that it delivers nothing', async () => {
    const blocks: string[] = [];
    const sms = consoleSms({ write: (block) => blocks.push(block) });
    await send(sms, message('123456', ANNA, '123456 is your code.\n@example.com #123456'), message('654321', BOB));
    expect(blocks).toHaveLength(2);
    expect(blocks[0]).toContain(ANNA);
    expect(blocks[0]?.split('\n').slice(1, 3)).toEqual(['│ 123456 is your code.', '│ @example.com #123456']);
    expect({ name: sms.name, delivers: sms.delivers }).toEqual({ name: 'console', delivers: false });
  });

  it('prints to standard output unless told otherwise', async () => {
    const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    await send(consoleSms(), message('123456'));
    const printed = write.mock.calls.map(([chunk]) => String(chunk)).join('');
    write.mockRestore();
    expect(printed).toMatch(/123456 is your Acme sign-in code\.[\s\S]*\n$/);
  });

  it('does not let a text steer the terminal', async () => {
    const blocks: string[] = [];
    await send(consoleSms({ write: (block) => blocks.push(block) }), message('1', ANNA, '\u001b[2Jwiped\r\u0007\u009b'));
    expect(blocks.join('').replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  });

  it('refuses production unless that is meant', () => {
    vi.stubEnv('NODE_ENV', 'production');
    expect(() => consoleSms()).toThrow(TypeError);
    expect(() => consoleSms({ allowInProduction: false })).toThrow(TypeError);
    expect(consoleSms({ allowInProduction: true }).delivers).toBe(false);
  });

  it.each([{ writer: () => {} }, { write: 'stdout' }, { write: null }, { allowInProduction: 'yes' }, { allowInProduction: 1 }])(
    'refuses %j',
    (options) => {
      expect(() => consoleSms(options as unknown as ConsoleSmsOptions)).toThrow(TypeError);
      expect(() => consoleSms(options as unknown as ConsoleSmsOptions)).toThrow(new RegExp(`^consoleSms: ${Object.keys(options)[0]} `));
    },
  );
});

describe('the inbox', () => {
  it('keeps messages in order, by number or all', async () => {
    const inbox = inboxSms();
    const sent = [message('1'), message('2', BOB), message('3')];
    await send(inbox, ...sent);
    expect(inbox.messages()).toEqual(sent);
    expect(inbox.messages(ANNA).map(({ code }) => code)).toEqual(['1', '3']);
    expect(inbox.messages('+4915123456789')).toEqual([]);
    expect({ name: inbox.name, delivers: inbox.delivers }).toEqual({ name: 'inbox', delivers: false });
  });

  it('gives copies of its list', async () => {
    const inbox = inboxSms();
    await send(inbox, message('1'));
    (inbox.messages() as SmsMessage[]).length = 0;
    expect(inbox.messages()).toHaveLength(1);
  });

  it('tells the newest code of a number', async () => {
    const inbox = inboxSms();
    expect(inbox.lastCode(ANNA)).toBe(null);
    await send(inbox, message('1'), message('2'), message('3', BOB));
    expect(inbox.lastCode(ANNA)).toBe('2');
  });

  it('drops the oldest messages', async () => {
    const inbox = inboxSms({ maxMessages: 2 });
    await send(inbox, message('1'), message('2'), message('3'));
    expect(inbox.messages().map(({ code }) => code)).toEqual(['2', '3']);
    const usual = inboxSms();
    await send(usual, ...Array.from({ length: 1001 }, (_, index) => message(String(index))));
    expect(usual.messages()).toHaveLength(1000);
    expect(usual.messages()[0]?.code).toBe('1');
  });

  it('forgets everything when cleared', async () => {
    const inbox = inboxSms();
    await send(inbox, message('1'));
    inbox.clear();
    expect(inbox.messages()).toEqual([]);
    expect(inbox.lastCode(ANNA)).toBe(null);
  });

  it('needs no `this`', async () => {
    const { send: deliver, messages, lastCode, waitForCode, clear } = inboxSms();
    await deliver(message('1'), { signal: new AbortController().signal });
    expect([messages().length, lastCode(ANNA), await waitForCode(ANNA)]).toEqual([1, '1', '1']);
    clear();
    expect(messages()).toEqual([]);
  });

  it.each([{ maxMessage: 1 }, { maxMessages: 0 }, { maxMessages: 1.5 }, { maxMessages: '10' }, { maxMessages: Number.POSITIVE_INFINITY }])(
    'refuses %j',
    (options) => {
      expect(() => inboxSms(options as unknown as InboxSmsOptions)).toThrow(TypeError);
    },
  );
});

describe('waiting for a code', () => {
  it('gives the newest one that is there, once', async () => {
    const inbox = inboxSms();
    await send(inbox, message('1'), message('2'));
    expect(await inbox.waitForCode(ANNA)).toBe('2');
    await expect(inbox.waitForCode(ANNA, { timeoutSeconds: 0.02 })).rejects.toThrow(ANNA);
    expect(inbox.lastCode(ANNA)).toBe('2');
  });

  it('waits for the next message to that number', async () => {
    const inbox = inboxSms();
    const code = inbox.waitForCode(ANNA);
    await send(inbox, message('1', BOB), message('2'));
    expect(await code).toBe('2');
  });

  it('takes a resend of the same code for a new message', async () => {
    const inbox = inboxSms();
    await send(inbox, message('1'));
    expect(await inbox.waitForCode(ANNA)).toBe('1');
    await send(inbox, message('1'));
    expect(await inbox.waitForCode(ANNA)).toBe('1');
  });

  it('can be told what was seen before', async () => {
    const inbox = inboxSms();
    await send(inbox, message('1'), message('2'));
    const [first, second] = inbox.messages(ANNA);
    await expect(inbox.waitForCode(ANNA, { after: second, timeoutSeconds: 0.02 })).rejects.toThrow(Error);
    expect(await inbox.waitForCode(ANNA, { after: first })).toBe('2');
  });

  it('serves 64 who wait in their order, one message each', async () => {
    const inbox = inboxSms();
    const codes = Array.from({ length: 64 }, (_, index) => String(index));
    const waiting = codes.map(() => inbox.waitForCode(ANNA));
    await send(inbox, ...codes.map((code) => message(code)));
    expect(await Promise.all(waiting)).toEqual(codes);
  });

  it('gives a message to nobody who gave up', async () => {
    const inbox = inboxSms();
    await expect(inbox.waitForCode(ANNA, { timeoutSeconds: 0.01 })).rejects.toThrow(Error);
    await send(inbox, message('1'));
    expect(await inbox.waitForCode(ANNA)).toBe('1');
  });

  it('survives a clearing', async () => {
    const inbox = inboxSms();
    const code = inbox.waitForCode(ANNA);
    inbox.clear();
    await send(inbox, message('1'));
    expect(await code).toBe('1');
  });

  it('waits 5 seconds unless told otherwise', async () => {
    vi.useFakeTimers();
    const outcome = inboxSms()
      .waitForCode(ANNA)
      .catch(() => 'gave up');
    await vi.advanceTimersByTimeAsync(4999);
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(await outcome).toBe('gave up');
  });

  it.each([-1, Number.NaN, 3601, '5'])('refuses to wait %s seconds', async (timeoutSeconds) => {
    await expect(inboxSms().waitForCode(ANNA, { timeoutSeconds: timeoutSeconds as number })).rejects.toThrow(TypeError);
  });
});
