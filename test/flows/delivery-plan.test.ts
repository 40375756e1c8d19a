import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type Channel,
  type DeliveryStep,
  deliveryPlan,
  type PhoneAuthConfig,
  type PhoneNumber,
  type RequestCode,
  type SmsError,
  type SmsMessage,
  type SmsSender,
  smsError,
} from '../../src/index.ts';
import { nextPhoneNumber } from '../kit/index.ts';
import { failure, type Profile, type Stage, stage, type User, wrongOf } from './stage.ts';

type Mood = SmsError['kind'] | 'well';

/** A sender that writes down what it was given, and then does as it is told. */
function moody(name: string, mood: Mood = 'well') {
  const sender = {
    name,
    mood,
    taken: [] as SmsMessage[],
    async send(message: SmsMessage) {
      sender.taken.push(message);
      if (sender.mood !== 'well') throw smsError({ kind: sender.mood, code: `${name}.${sender.mood}` });
    },
  };
  return sender satisfies SmsSender & { mood: Mood; taken: SmsMessage[] };
}

/** WhatsApp for 20 seconds, then SMS. */
function planned(overrides: Partial<PhoneAuthConfig<User, Profile>> = {}) {
  const [whatsapp, sms] = [moody('whatsapp'), moody('sms')];
  const s = stage({
    sms: deliveryPlan([
      { channel: 'whatsapp', sender: whatsapp, waitSeconds: 20 },
      { channel: 'sms', sender: sms },
    ]),
    ...overrides,
  });
  return { s, whatsapp, sms, sent: () => [whatsapp.taken.length, sms.taken.length] };
}

function ask(s: Stage, input: Partial<RequestCode> = {}) {
  return s.auth.requestCode({ phoneNumber: nextPhoneNumber(), client: s.client, ...input });
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Both clocks go on. */
async function pass(s: Stage, seconds: number): Promise<void> {
  s.clock.advance(seconds);
  await vi.advanceTimersByTimeAsync(seconds * 1000);
}

/** Work behind the answer is done, which begins with a turn of the clock. */
async function drained(s: Stage): Promise<void> {
  const drain = s.auth.drain();
  await vi.advanceTimersByTimeAsync(0);
  await drain;
}

async function member(s: Stage): Promise<User & { readonly phoneNumber: string }> {
  const phoneNumber = nextPhoneNumber() as PhoneNumber;
  const created = await s.storage.users.create({ phoneNumber, profile: {}, passwordHash: null, now: s.clock.now() });
  if (created.is !== 'created') throw new Error('the number is taken');
  return { ...created.user, phoneNumber };
}

describe('a message that is not heard of', () => {
  it('is followed by the next step, once, with the same code', async () => {
    const { s, whatsapp, sms, sent } = planned();
    const { challengeId, channel, phoneNumber } = await ask(s);
    expect(channel).toBe('whatsapp');
    await pass(s, 19.9);
    expect(sent()).toEqual([1, 0]);
    await pass(s, 0.1);
    expect(sent()).toEqual([1, 1]);
    await pass(s, 600);
    expect(sent()).toEqual([1, 1]);
    const [first, second] = [whatsapp.taken[0], sms.taken[0]];
    expect(second).toMatchObject({ to: phoneNumber, challengeId, code: first?.code, channel: 'sms', idempotencyKey: `${challengeId}:2` });
  });

  it('is followed by the same code, even where a resend brings a new one', async () => {
    const { s, whatsapp, sms } = planned({ code: { resend: 'rotate' } });
    const { challengeId } = await ask(s);
    await pass(s, 20);
    expect(sms.taken[0]?.code).toBe(whatsapp.taken[0]?.code);
    await s.auth.signInWithCode({ challengeId, code: sms.taken[0]?.code ?? '', client: s.client });
  });

  it('leaves a code that is still good, with its attempts and its time', async () => {
    const { s, whatsapp, sms } = planned();
    const { challengeId, expiresAt } = await ask(s);
    const wrong = { challengeId, code: wrongOf(whatsapp.taken[0]?.code ?? ''), client: s.client };
    expect((await failure(s.auth.signInWithCode(wrong), 'invalid_code')).details.attemptsLeft).toBe(4);
    await pass(s, 20);
    expect(sms.taken[0]?.expiresAt).toBe(expiresAt);
    expect((await failure(s.auth.signInWithCode(wrong), 'invalid_code')).details.attemptsLeft).toBe(3);
    await s.auth.signInWithCode({ challengeId, code: sms.taken[0]?.code ?? '', client: s.client });
  });

  it('is told of by events that name each send, its channel and its sender', async () => {
    const { s } = planned();
    await ask(s);
    await pass(s, 20);
    expect(s.tell()).toEqual(['code.requested', 'code.sent', 'code.sent']);
    expect(s.events.slice(1)).toMatchObject([
      { send: 1, channel: 'whatsapp', sender: 'whatsapp' },
      { send: 2, channel: 'sms', sender: 'sms' },
    ]);
  });

  it.each(['accepted', 'failed', 'unknown'] as const)('is not heard of by a receipt that says %s', async (state) => {
    const { s, sent } = planned();
    const { challengeId } = await ask(s);
    await s.auth.recordDelivery({ challengeId, send: 1, state });
    await pass(s, 20);
    expect(sent()).toEqual([1, 1]);
  });

  it('goes on through every step that waits', async () => {
    const steps: DeliveryStep[] = [
      { channel: 'whatsapp', sender: moody('a'), waitSeconds: 10 },
      { channel: 'sms', sender: moody('b'), waitSeconds: 20 },
      { channel: 'voice', sender: moody('c') },
    ];
    const s = stage({ sms: deliveryPlan(steps) });
    await ask(s);
    await pass(s, 10);
    await pass(s, 20);
    const told = s.events.flatMap((event) => (event.type === 'code.sent' ? [[event.send, event.sender, event.at]] : []));
    const start = s.clock.now() - 30_000;
    expect(told).toEqual([
      [1, 'a', start],
      [2, 'b', start + 10_000],
      [3, 'c', start + 30_000],
    ]);
  });

  it('stays alone where its step does not wait', async () => {
    const [whatsapp, sms] = [moody('whatsapp'), moody('sms')];
    const s = stage({
      sms: deliveryPlan([
        { channel: 'whatsapp', sender: whatsapp },
        { channel: 'sms', sender: sms },
      ]),
    });
    await ask(s);
    await pass(s, 600);
    expect([whatsapp.taken.length, sms.taken.length]).toEqual([1, 0]);
  });
});

describe('nothing follows', () => {
  it('a message that was delivered', async () => {
    const { s, sent } = planned();
    const { challengeId } = await ask(s);
    await s.auth.recordDelivery({ challengeId, send: 1, state: 'delivered' });
    await pass(s, 20);
    expect(sent()).toEqual([1, 0]);
  });

  it('a code that was used', async () => {
    const { s, whatsapp, sent } = planned();
    const { challengeId } = await ask(s);
    await s.auth.signInWithCode({ challengeId, code: whatsapp.taken[0]?.code ?? '', client: s.client });
    await pass(s, 20);
    expect(sent()).toEqual([1, 0]);
  });

  it('a code that has no attempts left', async () => {
    const { s, whatsapp, sent } = planned();
    const { challengeId } = await ask(s);
    const wrong = { challengeId, code: wrongOf(whatsapp.taken[0]?.code ?? ''), client: s.client };
    for (let attempt = 1; attempt <= 5; attempt++) await failure(s.auth.signInWithCode(wrong), 'invalid_code');
    await pass(s, 20);
    expect(sent()).toEqual([1, 0]);
  });

  it('a code that expired', async () => {
    const { s, sent } = planned({ code: { ttlSeconds: 30 } });
    await ask(s);
    s.clock.advance(10);
    await pass(s, 20);
    expect(sent()).toEqual([1, 0]);
  });

  it('when the user asked for a resend meanwhile, which goes by the next step', async () => {
    const { s, sent } = planned({ code: { resendAfterSeconds: [5] } });
    const { challengeId, phoneNumber } = await ask(s);
    await pass(s, 5);
    expect(await ask(s, { phoneNumber, resendOf: challengeId })).toMatchObject({ challengeId, channel: 'sms' });
    await pass(s, 600);
    expect(sent()).toEqual([1, 1]);
  });

  it('after drain(), which waits for no plan', async () => {
    const { s, sent } = planned();
    await ask(s);
    await drained(s);
    await pass(s, 20);
    expect(sent()).toEqual([1, 0]);
  });

  it('what a request repeats by its idempotency key', async () => {
    const { s, sent } = planned();
    const input = { phoneNumber: nextPhoneNumber(), idempotencyKey: 'k' };
    const first = await ask(s, input);
    expect(await ask(s, input)).toEqual(first);
    await pass(s, 20);
    expect(await ask(s, input)).toMatchObject({ challengeId: first.challengeId, channel: 'sms' });
    expect(sent()).toEqual([1, 1]);
  });

  it('a challenge that is another one by then, though it has the same id', async () => {
    const { s, whatsapp, sent } = planned({ binding: 'phone', code: { resendAfterSeconds: [0] } });
    const phoneNumber = nextPhoneNumber();
    await ask(s, { phoneNumber });
    await s.auth.signInWithCode({ phoneNumber, code: whatsapp.taken[0]?.code ?? '', client: s.client });
    await pass(s, 10);
    await ask(s, { phoneNumber });
    await pass(s, 10);
    expect(sent()).toEqual([2, 0]);
    await pass(s, 10);
    expect(sent()).toEqual([2, 1]);
  });

  it('where there is no room for one more message, and the limit is told', async () => {
    const { s, sent } = planned({ limits: { smsPerDay: 100, sendsPerNumber: [{ max: 1, windowSeconds: 3600 }] } });
    await ask(s);
    await pass(s, 20);
    expect(sent()).toEqual([1, 0]);
    expect(s.events.at(-1)).toMatchObject({ type: 'limit.reached', limit: 'sendsPerNumber' });
  });

  it.each(['throws', 'loses its answer'] as const)('while the store %s, and the user may still ask', async (fault) => {
    const { s, sent } = planned();
    const { challengeId, phoneNumber } = await ask(s);
    s.breaks('challenges.nextSend', fault);
    await pass(s, 20);
    expect(s.tell()).toEqual(['code.requested', 'code.sent', 'port.failed']);
    s.clock.advance(10);
    await ask(s, { phoneNumber, resendOf: challengeId });
    await pass(s, 600);
    expect(sent()).toEqual([1, 1]);
  });

  it('a test number that is sent nothing', async () => {
    const phoneNumber = nextPhoneNumber();
    const until = Date.now() + 86_400_000;
    const { s, sent } = planned({ testNumbers: { numbers: [phoneNumber], code: '123456', until } });
    expect((await ask(s, { phoneNumber })).channel).toBe('whatsapp');
    s.trips();
    await pass(s, 600);
    expect([sent(), s.trips()]).toEqual([[0, 0], []]);
    const sending = planned({ testNumbers: { numbers: [phoneNumber], code: '123456', until, send: true } });
    await ask(sending.s, { phoneNumber });
    await pass(sending.s, 20);
    expect([sending.sent(), sending.sms.taken[0]?.code]).toEqual([[1, 1], '123456']);
  });
});

describe('a send that nobody asked for', () => {
  it('is charged to the number and to all, not to the address, and moves no pause', async () => {
    const { s } = planned({
      limits: { smsPerDay: 10_000, sendsPerIp: [{ max: 2, windowSeconds: 3600 }], sendsPerNumber: [{ max: 3, windowSeconds: 3600 }] },
    });
    const { challengeId, phoneNumber, resendAt } = await ask(s);
    await pass(s, 20);
    s.clock.advance((resendAt - s.clock.now()) / 1000);
    await ask(s, { phoneNumber, resendOf: challengeId });
    s.clock.advance(120);
    expect((await failure(ask(s, { phoneNumber, client: { ip: null } }), 'rate_limited')).details.limit).toBe('sendsPerNumber');
    expect((await failure(ask(s), 'rate_limited')).details.limit).toBe('sendsPerIp');
  });

  it('counts against the money of the day, and tells its marks', async () => {
    const { s, sent } = planned({ limits: { smsPerDay: 100, spend: { perDay: 2.5, pricePerSms: { default: 1 } } } });
    await ask(s);
    const marks = () => s.events.flatMap((event) => (event.type === 'budget.reached' ? [event.percent] : []));
    expect(marks()).toEqual([]);
    await pass(s, 20);
    expect(marks()).toEqual([50, 80]);
    expect((await failure(ask(s))).code).toBe('refused_by_policy');
    expect(sent()).toEqual([1, 1]);
  });

  it('goes out once, however many processes wait for it', async () => {
    const { s, sms } = planned();
    const { challengeId } = await ask(s);
    const found = await s.storage.challenges.recordDelivery({ id: challengeId, send: 1, state: 'unknown', now: s.clock.now() });
    if (found.is === 'unknown') throw new Error('the challenge is gone');
    const elsewhere = { id: challengeId, createdAt: found.challenge.createdAt, send: 1, hits: [], now: s.clock.now() };
    expect((await s.storage.challenges.nextSend(elsewhere)).is).toBe('next');
    await pass(s, 20);
    expect(sms.taken).toEqual([]);
  });

  it('is handed to the host as background work, which ends with it', async () => {
    const tasks: Promise<void>[] = [];
    const { s, sent } = planned({ background: (task) => void tasks.push(task), onEvent: undefined });
    await ask(s);
    expect(tasks).toHaveLength(1);
    await pass(s, 20);
    await Promise.all(tasks);
    expect(sent()).toEqual([1, 1]);
  });
});

describe('what certainly was not sent', () => {
  it.each(['permanent', 'retryable'] as const)('(%s) goes by the next step at once, in the same call and the same send', async (mood) => {
    const { s, whatsapp, sms, sent } = planned();
    whatsapp.mood = mood;
    const { challengeId, channel } = await ask(s);
    expect([channel, sent()]).toEqual(['sms', [1, 1]]);
    expect(s.events.at(-1)).toMatchObject({ type: 'code.sent', send: 1, channel: 'sms', sender: 'sms' });
    expect(sms.taken[0]?.idempotencyKey).toBe(`${challengeId}:1:2`);
    await pass(s, 600);
    expect(sent()).toEqual([1, 1]);
  });

  it('waits as the step that sent it says', async () => {
    const [dead, sms, voice] = [moody('dead', 'permanent'), moody('sms'), moody('voice')];
    const steps: DeliveryStep[] = [
      { channel: 'whatsapp', sender: dead, waitSeconds: 5 },
      { channel: 'sms', sender: sms, waitSeconds: 30 },
      { channel: 'voice', sender: voice },
    ];
    const s = stage({ sms: deliveryPlan(steps) });
    await ask(s);
    await pass(s, 29);
    expect([sms.taken.length, voice.taken.length]).toEqual([1, 0]);
    await pass(s, 1);
    expect([dead.taken.length, sms.taken.length, voice.taken.length]).toEqual([1, 1, 1]);
    expect(voice.taken[0]?.idempotencyKey).toMatch(/:2$/);
  });

  it('by any step is delivery_failed with the whole answer, without a pause', async () => {
    const { s, whatsapp, sms } = planned();
    [whatsapp.mood, sms.mood] = ['retryable', 'permanent'];
    const { details } = await failure(ask(s), 'delivery_failed');
    expect(details).toMatchObject({ challengeId: expect.any(String), channel: 'sms', retryable: false, resendInSeconds: 0 });
    expect(s.events.at(-1)).toMatchObject({ type: 'code.delivery_failed', channel: 'sms', sender: 'sms', providerCode: 'sms.permanent' });
    await pass(s, 600);
    expect([whatsapp.taken.length, sms.taken.length]).toEqual([1, 1]);
  });
});

describe('what may have been sent', () => {
  it('is delivery_failed at once, and goes by the next step only after the wait', async () => {
    const { s, whatsapp, sent } = planned();
    whatsapp.mood = 'ambiguous';
    const { details } = await failure(ask(s), 'delivery_failed');
    expect(details).toMatchObject({ challengeId: expect.any(String), channel: 'whatsapp', retryable: true, resendInSeconds: 30 });
    expect(sent()).toEqual([1, 0]);
    await pass(s, 20);
    expect(sent()).toEqual([1, 1]);
  });

  it('never goes by another sender of its own step', async () => {
    const [first, second, sms] = [moody('first', 'ambiguous'), moody('second'), moody('sms')];
    const s = stage({
      sms: deliveryPlan([
        { channel: 'whatsapp', sender: [first, second], waitSeconds: 20 },
        { channel: 'sms', sender: sms },
      ]),
    });
    await failure(ask(s), 'delivery_failed');
    await pass(s, 20);
    expect([first.taken.length, second.taken.length, sms.taken.length]).toEqual([1, 0, 1]);
  });
});

describe('resends', () => {
  it('go by one step after the other, the last one again and again', async () => {
    const { s, sent } = planned({ code: { resendAfterSeconds: [0] } });
    const phoneNumber = nextPhoneNumber();
    const { challengeId } = await ask(s, { phoneNumber });
    const channels: Channel[] = [];
    for (let resend = 1; resend <= 2; resend++) channels.push((await ask(s, { phoneNumber, resendOf: challengeId })).channel);
    expect([channels, sent()]).toEqual([
      ['sms', 'sms'],
      [1, 2],
    ]);
  });

  it('and first sends go by the channel that was asked for, and from there on', async () => {
    const { s, sent } = planned({ code: { resendAfterSeconds: [0] } });
    const phoneNumber = nextPhoneNumber();
    const { challengeId, channel } = await ask(s, { phoneNumber, channel: 'sms' });
    await pass(s, 60);
    expect([channel, sent()]).toEqual(['sms', [0, 1]]);
    expect((await ask(s, { phoneNumber, resendOf: challengeId, channel: 'whatsapp' })).channel).toBe('whatsapp');
    await pass(s, 20);
    expect(sent()).toEqual([1, 2]);
  });

  it('by a channel that the plan has not, or that may not be asked for, are refused', async () => {
    const { s } = planned();
    expect((await failure(ask(s, { channel: 'voice' }), 'invalid_input')).details.issues[0]?.path).toBe('channel');
    const { s: narrow } = planned({ channels: ['sms'] });
    expect((await ask(narrow)).channel).toBe('whatsapp');
    await failure(ask(narrow, { channel: 'whatsapp' }), 'invalid_input');
  });
});

describe('where waiting would tell who has an account', () => {
  it('the steps are tried, and nothing follows them by itself', async () => {
    const { s, whatsapp, sent } = planned();
    whatsapp.mood = 'permanent';
    await ask(s, { purpose: 'login', phoneNumber: (await member(s)).phoneNumber });
    await drained(s);
    expect(sent()).toEqual([1, 1]);
    whatsapp.mood = 'well';
    await ask(s, { purpose: 'login', phoneNumber: (await member(s)).phoneNumber });
    await pass(s, 600);
    expect(sent()).toEqual([2, 1]);
  });

  it('known and unknown numbers get the same answers, channels and limits', async () => {
    const { s } = planned({ code: { resendAfterSeconds: [0] } });
    const answersTo = async (phoneNumber: string): Promise<readonly unknown[]> => {
      const { challengeId, ...first } = await ask(s, { purpose: 'login', phoneNumber });
      const answers: unknown[] = [first.channel];
      for (let resend = 1; resend <= 3; resend++) {
        await pass(s, 25);
        const again = ask(s, { purpose: 'login', phoneNumber, resendOf: challengeId });
        answers.push(
          await again.then(
            ({ channel, resendInSeconds }) => [channel, resendInSeconds],
            (error: { details: unknown }) => error.details,
          ),
        );
      }
      return answers;
    };
    const answers = await answersTo((await member(s)).phoneNumber);
    expect(await answersTo(nextPhoneNumber())).toEqual(answers);
    expect(answers).toEqual(['whatsapp', ['sms', 0], ['sms', 0], { limit: 'sendsPerNumber', retryAfterSeconds: expect.any(Number) }]);
  });

  it('a plan waits for everybody with revealAccounts', async () => {
    const { s, sent } = planned({ revealAccounts: true });
    await ask(s, { purpose: 'login', phoneNumber: (await member(s)).phoneNumber });
    await pass(s, 20);
    expect(sent()).toEqual([1, 1]);
  });
});

describe('within a step', () => {
  it('senders are told apart by country, and a country that none serves goes by the next step', async () => {
    const [iran, others, sms] = [moody('iran'), moody('others'), moody('sms')];
    const s = stage({
      allowedCountries: ['IR', 'US', 'DE'],
      sms: deliveryPlan([
        {
          channel: 'whatsapp',
          sender: [
            { sender: iran, countries: ['IR'] },
            { sender: others, countries: ['US'] },
          ],
        },
        { channel: 'sms', sender: sms },
      ]),
    });
    const channels: Channel[] = [];
    for (const country of ['IR', 'US', 'DE'] as const) channels.push((await ask(s, { phoneNumber: nextPhoneNumber(country) })).channel);
    expect(channels).toEqual(['whatsapp', 'whatsapp', 'sms']);
    expect([iran.taken.length, others.taken.length, sms.taken.length]).toEqual([1, 1, 1]);
  });

  it('senders fall back on each other, and are spared when they are down', async () => {
    const [down, second, sms] = [moody('down', 'retryable'), moody('second'), moody('sms')];
    const s = stage({
      limits: { smsPerDay: 10_000, sendsPerIp: [{ max: 1000, windowSeconds: 60 }] },
      sms: deliveryPlan([
        { channel: 'whatsapp', sender: [down, second] },
        { channel: 'sms', sender: sms },
      ]),
    });
    for (let messages = 0; messages < 12; messages++) await ask(s);
    expect([down.taken.length, second.taken.length, sms.taken.length]).toEqual([10, 12, 0]);
    expect(s.events.some((event) => event.type === 'sender.suspended' && event.sender === 'down')).toBe(true);
  });

  it('receipts come in by the name of any sender', async () => {
    const [whatsapp, sms] = [moody('whatsapp'), moody('sms')];
    const readReceipts = async () => [{ challengeId, send: 1, state: 'delivered' as const }];
    const s = stage({
      sms: deliveryPlan([
        { channel: 'whatsapp', sender: { ...whatsapp, readReceipts }, waitSeconds: 20 },
        { channel: 'sms', sender: [sms] },
      ]),
    });
    const { challengeId } = await ask(s);
    const request = { method: 'POST', url: 'https://example.com', header: () => undefined, body: '' };
    await s.auth.receiveReceipts({ sender: 'whatsapp', request });
    await pass(s, 20);
    expect(sms.taken).toEqual([]);
  });

  it('segments are told of SMS alone', async () => {
    const { s, whatsapp } = planned();
    await ask(s, { purpose: 'verify', locale: 'fa', context: 'x'.repeat(64) });
    expect(s.tell()).toEqual(['code.requested', 'code.sent']);
    whatsapp.mood = 'permanent';
    await ask(s, { purpose: 'verify', locale: 'fa', context: 'x'.repeat(64) });
    expect(s.tell()).toEqual(['code.requested', 'port.failed', 'message.segmented', 'code.sent']);
  });

  it('a notice goes by the first step that takes it', async () => {
    const { s, whatsapp, sms } = planned();
    whatsapp.mood = 'permanent';
    await s.auth.removePhoneNumber({ userId: (await member(s)).id });
    await drained(s);
    expect([whatsapp.taken[0]?.code, sms.taken[0]?.channel]).toEqual(['', 'sms']);
  });
});

describe('a plan that cannot be followed', () => {
  const sender = moody('sender');
  const step = { channel: 'sms', sender } as const;

  it.each<[string, unknown, object?]>([
    ['sms.steps', deliveryPlan([])],
    ['sms.steps.0.channel', deliveryPlan([{ channel: 'pigeon' as Channel, sender }])],
    ['sms.steps.0.sender', deliveryPlan([{ channel: 'sms', sender: [] }])],
    ['sms.steps.0.sender', deliveryPlan([{ channel: 'sms', sender: {} as never }])],
    ['sms.steps.0.sender', deliveryPlan([{ channel: 'sms', sender: { sender, channels: ['voice'] } }])],
    ['sms.steps.0.waitSeconds', deliveryPlan([{ ...step, waitSeconds: 4 }, step])],
    ['sms.steps.0.waitSeconds', deliveryPlan([{ ...step, waitSeconds: 301 }, step])],
    ['sms.steps.0.waitSeconds', deliveryPlan([{ ...step, waitSeconds: 5.5 }, step])],
    ['sms.steps.1.waitSeconds', deliveryPlan([step, { ...step, waitSeconds: 20 }])],
    ['sms.steps.0.waitSeconds', deliveryPlan([{ ...step, waitSeconds: 60 }, step]), { code: { ttlSeconds: 60 } }],
    ['sms.steps.0.after', deliveryPlan([{ ...step, after: 20 } as never])],
    ['sms.and', { ...deliveryPlan([step]), and: 1 }],
    ['sms.steps.0.sender', deliveryPlan([{ channel: 'sms', sender: { sender, countries: ['IR'] } }]), { allowedCountries: ['IR', 'US'] }],
    ['channels', deliveryPlan([step]), { channels: ['sms', 'whatsapp'] }],
    ['testNumbers.numbers', deliveryPlan([step]), { testNumbers: { numbers: 'all', code: '123456', until: 1 } }],
  ])('says so at creation: %s', (path, sms, overrides = {}) => {
    expect(() => stage({ sms: sms as never, ...overrides })).toThrow(new RegExp(`^create.*\n  ${path.replaceAll('.', '\\.')}: `));
  });

  it('is told from a sender that has steps of its own', async () => {
    const own = { ...moody('own'), steps: 3 };
    await ask(stage({ sms: own }));
    expect(own.taken).toHaveLength(1);
  });
});

describe('describe()', () => {
  it('says the plan in a line', () => {
    const steps: DeliveryStep[] = [
      { channel: 'whatsapp', sender: moody('meta'), waitSeconds: 20 },
      { channel: 'sms', sender: [{ sender: moody('kavenegar'), countries: ['IR'] }, async () => undefined] },
      { channel: 'voice', sender: moody('twilio') },
    ];
    expect(
      stage({ sms: deliveryPlan(steps) })
        .auth.describe()
        .split('\n'),
    ).toContain(
      'plan: whatsapp by meta; unless delivered in 20 s, sms by kavenegar for IR, then sms.steps[1][1]; if that fails, voice by twilio',
    );
  });
});
