import { describe, expect, it } from 'vitest';
import { inboxSms } from '../../adapters/sms/inbox.ts';
import { type CodeRequest, type PhoneNumber, type SmsMessage, type SmsSender, smsError } from '../../src/index.ts';
import { nextPhoneNumber } from '../kit/index.ts';
import { failure, type Stage, stage } from './stage.ts';

type Kind = 'permanent' | 'retryable' | 'ambiguous';

function failing(kind: Kind | Error, name = 'failing'): SmsSender & { readonly tried: SmsMessage[] } {
  const tried: SmsMessage[] = [];
  return {
    name,
    tried,
    async send(message) {
      tried.push(message);
      throw typeof kind === 'string' ? smsError({ kind }) : kind;
    },
  };
}

function ask(s: Stage, phoneNumber: string = nextPhoneNumber()): Promise<CodeRequest> {
  return s.auth.requestCode({ phoneNumber, client: s.client });
}

describe('a message that no sender takes', () => {
  it.each([
    ['permanent', false, 0],
    ['retryable', true, 0],
    ['ambiguous', true, 30],
    [new Error('what is this'), true, 30],
    ['hangs', true, 30],
  ] as const)('(%s) is delivery_failed, with the whole answer', async (kind, retryable, resendInSeconds) => {
    const sms = kind === 'hangs' ? () => new Promise<void>(() => undefined) : failing(kind);
    const s = stage({ sms, deadlineSeconds: { sms: 0.02 } });
    const phoneNumber = nextPhoneNumber();
    const { details, status } = await failure(ask(s, phoneNumber), 'delivery_failed');
    expect(status).toBe(502);
    expect(details).toEqual({
      retryable,
      challengeId: expect.stringMatching(/^[\w-]{38}$/),
      phoneNumber,
      codeLength: 6,
      channel: 'sms',
      expiresAt: s.clock.now() + 300_000,
      expiresInSeconds: 300,
      resendAt: s.clock.now() + resendInSeconds * 1000,
      resendInSeconds,
    });
  });

  it('and never left needs no pause before the next one, on the first rung again', async () => {
    const inbox = inboxSms();
    const failures: Kind[] = ['retryable'];
    const s = stage({
      sms: async (message, options) => {
        const kind = failures.shift();
        if (kind !== undefined) throw smsError({ kind });
        await inbox.send(message, options);
      },
    });
    const phoneNumber = nextPhoneNumber();
    const { challengeId } = (await failure(ask(s, phoneNumber), 'delivery_failed')).details;
    const resend = { phoneNumber, resendOf: challengeId, client: s.client };
    expect(await s.auth.requestCode(resend)).toMatchObject({ challengeId, resendInSeconds: 30 });
    expect(inbox.messages(phoneNumber)).toHaveLength(1);
    expect((await failure(s.auth.requestCode(resend), 'rate_limited')).details.limit).toBe('resendAfterSeconds');
  });

  it('is counted by every other limit, so that a number is tried three times in ten minutes', async () => {
    const s = stage({ sms: failing('permanent') });
    const phoneNumber = nextPhoneNumber();
    for (let send = 1; send <= 3; send++) await failure(ask(s, phoneNumber), 'delivery_failed');
    expect((await failure(ask(s, phoneNumber), 'rate_limited')).details.limit).toBe('sendsPerNumber');
  });

  it('keeps its pause where giving it back would tell that there is an account', async () => {
    const s = stage({ sms: failing('permanent') });
    const known = nextPhoneNumber();
    await s.storage.users.create({ phoneNumber: known as PhoneNumber, profile: {}, passwordHash: null, now: s.clock.now() });
    for (const phoneNumber of [known, nextPhoneNumber()]) {
      const answer = await s.auth.requestCode({ phoneNumber, purpose: 'login', client: s.client });
      await s.auth.drain();
      expect(answer.resendInSeconds).toBe(30);
      const again = s.auth.requestCode({ phoneNumber, purpose: 'login', client: s.client });
      expect((await failure(again, 'rate_limited')).details.limit).toBe('resendAfterSeconds');
    }
  });

  it('keeps its pause when the store can not give it back', async () => {
    const s = stage({ sms: failing('permanent') });
    s.breaks('challenges.clear', 'throws');
    expect((await failure(ask(s), 'delivery_failed')).details.resendInSeconds).toBe(30);
    expect(s.tell()).toContain('port.failed');
  });

  it('leaves the challenge alive, so that a resend works', async () => {
    const inbox = inboxSms();
    let isDown = true;
    const s = stage({
      sms: async (message, options) => {
        if (isDown) throw smsError({ kind: 'retryable' });
        await inbox.send(message, options);
      },
    });
    const phoneNumber = nextPhoneNumber();
    const { challengeId } = (await failure(ask(s, phoneNumber), 'delivery_failed')).details;
    isDown = false;
    const again = await s.auth.requestCode({ phoneNumber, resendOf: challengeId, client: s.client });
    expect(again.challengeId).toBe(challengeId);
    await s.auth.signInWithCode({ challengeId, code: inbox.lastCode(phoneNumber) ?? '', client: s.client });
  });

  it('may have arrived all the same, and then its code works', async () => {
    const inbox = inboxSms();
    const s = stage({
      sms: async (message, options) => {
        await inbox.send(message, options);
        throw smsError({ kind: 'ambiguous' });
      },
    });
    const phoneNumber = nextPhoneNumber();
    const { challengeId } = (await failure(ask(s, phoneNumber), 'delivery_failed')).details;
    await s.auth.signInWithCode({ challengeId, code: inbox.lastCode(phoneNumber) ?? '', client: s.client });
  });

  it('is told to be given up when its time is over', async () => {
    const signals: AbortSignal[] = [];
    const s = stage({
      sms: (_, { signal }) => {
        signals.push(signal);
        return new Promise<void>(() => undefined);
      },
      deadlineSeconds: { sms: 0.02 },
    });
    await failure(ask(s), 'delivery_failed');
    expect(signals.map((signal) => signal.aborted)).toEqual([true]);
  });

  it('that fails after its time is over disturbs nobody', async () => {
    const s = stage({
      sms: () => new Promise<void>((_, reject) => setTimeout(() => reject(new Error('late')), 30)),
      deadlineSeconds: { sms: 0.01 },
    });
    await failure(ask(s), 'delivery_failed');
    await new Promise((resolve) => setTimeout(resolve, 40));
  });
});

describe('several senders', () => {
  it('are tried in order while nothing left', async () => {
    const [first, second] = [failing('retryable', 'first'), failing('retryable', 'second')];
    const last = inboxSms();
    const unused = inboxSms();
    const s = stage({ sms: [first, second, last, unused] });
    const phoneNumber = nextPhoneNumber();
    const { challengeId } = await ask(s, phoneNumber);
    expect([first.tried.length, second.tried.length, last.messages().length, unused.messages().length]).toEqual([1, 1, 1, 0]);
    expect(last.messages()[0]).toEqual(first.tried[0]);
    expect(s.events.at(-1)).toMatchObject({ type: 'code.sent', sender: 'inbox', challengeId });
  });

  it.each([['ambiguous'], [new Error('reset')], ['hangs']] as const)('end at one that may have sent it (%s)', async (how) => {
    const first = how === 'hangs' ? { name: 'hangs', send: () => new Promise<void>(() => undefined) } : failing(how as Kind | Error);
    const second = inboxSms();
    const s = stage({ sms: [first, second], deadlineSeconds: { sms: 0.02 } });
    expect((await failure(ask(s), 'delivery_failed')).details.retryable).toBe(true);
    expect(second.messages()).toEqual([]);
  });

  it('say whether it is worth another try by the last one', async () => {
    const s = stage({ sms: [failing('retryable'), failing('permanent', 'last')] });
    expect((await failure(ask(s), 'delivery_failed')).details.retryable).toBe(false);
    expect(s.events.at(-1)).toMatchObject({ type: 'code.delivery_failed', sender: 'last', kind: 'permanent' });
  });

  it('may be functions, which are called by their names', async () => {
    async function ourGateway(): Promise<{ providerId: string }> {
      return { providerId: 'msg-1' };
    }
    const s = stage({ sms: ourGateway });
    await ask(s);
    expect(s.events.at(-1)).toMatchObject({ type: 'code.sent', sender: 'ourGateway', providerId: 'msg-1' });
    const t = stage({
      sms: [
        (
          () => async () =>
            undefined
        )(),
      ],
    });
    await ask(t);
    expect(t.events.at(-1)).toMatchObject({ sender: 'sms[0]', providerId: null });
  });
});

describe('a template', () => {
  it('writes the message', async () => {
    const s = stage({
      origin: 'example.com',
      messages: {
        en: { verify: ({ code, appName, context, expiresInMinutes }) => `${appName}: ${code} (${expiresInMinutes} min) ${context}` },
      },
    });
    const { code, phoneNumber } = await s.request({ purpose: 'verify', context: 'Table 7' });
    expect(s.inbox.messages(phoneNumber)[0]?.text).toBe(`Test: ${code} (5 min) Table 7\n@example.com #${code}`);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('no');
      },
    ],
    ['gives no text', () => undefined],
    [
      'is asynchronous and fails',
      async () => {
        throw new Error('no');
      },
    ],
  ])('that %s fails the delivery for good, and the process lives on', async (_, template) => {
    const s = stage({ messages: { en: { default: template as unknown as () => string } } });
    const { details } = await failure(ask(s), 'delivery_failed');
    expect(details).toMatchObject({ retryable: false, challengeId: expect.any(String) });
    expect(s.inbox.messages()).toEqual([]);
    expect(s.tell()).toEqual(['code.requested', 'port.failed', 'code.delivery_failed']);
  });

  it('tells the minutes that are left', async () => {
    const s = stage({ messages: { en: { default: ({ code, expiresInMinutes }) => `${code} ${expiresInMinutes}` } } });
    const first = await s.request();
    s.clock.advance(250);
    await s.request({ phoneNumber: first.phoneNumber, resendOf: first.challengeId });
    expect(s.inbox.messages(first.phoneNumber).map((message) => message.text)).toEqual([`${first.code} 5`, `${first.code} 5`]);
    s.clock.advance(240);
    await s.request({ phoneNumber: first.phoneNumber, resendOf: first.challengeId });
    expect(s.inbox.messages(first.phoneNumber).at(-1)?.text).toBe(`${first.code} 1`);
  });
});

describe('a delivery receipt', () => {
  it('is taken for every challenge, known or not, as often as it comes', async () => {
    const s = stage();
    const { challengeId } = await s.request();
    s.trips();
    for (const state of ['accepted', 'unknown', 'delivered', 'delivered', 'failed'] as const) {
      expect(await s.auth.recordDelivery({ challengeId, send: 1, state })).toEqual({});
    }
    await s.auth.recordDelivery({ challengeId: 'A'.repeat(38), send: 7, state: 'failed' });
    expect(s.trips()).toHaveLength(6);
    await s.auth.recordDelivery({ challengeId: 'no id at all', send: 1, state: 'failed' });
    expect(s.trips()).toEqual([]);
  });

  it.each([
    ['challengeId', { challengeId: 7 }],
    ['send', { send: 0 }],
    ['send', { send: 1.5 }],
    ['state', { state: 'lost' }],
    ['more', { more: 1 }],
  ])('with a wrong %s is refused', async (path, wrong) => {
    const s = stage();
    const input = { challengeId: 'A'.repeat(38), send: 1, state: 'failed', ...wrong };
    const { details } = await failure(s.auth.recordDelivery(input as Parameters<typeof s.auth.recordDelivery>[0]), 'invalid_input');
    expect(details.issues.map((issue) => issue.path)).toEqual([path]);
  });
});
