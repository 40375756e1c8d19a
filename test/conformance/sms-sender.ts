import assert from 'node:assert/strict';
import type { SmsError } from '../../src/errors.ts';
import type { SmsMessage, SmsSender } from '../../src/ports/sms-sender.ts';
import { type ConformanceCase, NOW, randomText } from './case.ts';

/**
 * What the provider, or its stand-in, does: `delivers`; `refuses` this number for ever; `unreachable`: nothing reaches it, e.g. the
 * connection is refused; `breaks` off after it took the request, so that nobody knows; `hangs` and never answers.
 */
export type Provider = 'delivers' | 'refuses' | 'unreachable' | 'breaks' | 'hangs';

/** A sender against a provider that behaves as it was asked to. */
export interface OpenedSender {
  readonly sender: SmsSender;
  /** Messages that the provider took. */
  readonly received: () => number | Promise<number>;
  /** Called when the case is over. */
  readonly close?: (() => void | Promise<void>) | undefined;
}

/** How a sender is tried. */
export interface SmsSenderOptions {
  /** What its provider can be made to do; a sender without one, such as a console, only `delivers`. @default all */
  readonly providers?: readonly Provider[] | undefined;
  /** Seconds within which it must end once its signal aborted. @default 2 */
  readonly patienceSeconds?: number | undefined;
}

const ALL: readonly Provider[] = ['delivers', 'refuses', 'unreachable', 'breaks', 'hangs'];
const KINDS: readonly unknown[] = ['permanent', 'retryable', 'ambiguous'] satisfies readonly SmsError['kind'][];

/** What every sender must and should do. */
export function smsSenderCases(
  open: (provider: Provider) => OpenedSender | Promise<OpenedSender>,
  { providers = ALL, patienceSeconds = 2 }: SmsSenderOptions = {},
): readonly ConformanceCase[] {
  const conformance = (
    id: string,
    name: string,
    needs: readonly Provider[],
    body: (opened: OpenedSender, provider: Provider) => Promise<void>,
  ): readonly ConformanceCase[] => {
    const tried = needs.filter((provider) => providers.includes(provider));
    const run = async (): Promise<void> => {
      for (const provider of tried) {
        const opened = await open(provider);
        try {
          await body(opened, provider);
        } finally {
          await opened.close?.();
        }
      }
    };
    return tried.length === 0 ? [] : [{ id, name, run }];
  };
  return [
    conformance('M-NAME-01', 'MUST have a name of one line', ['delivers'], async ({ sender }) => {
      assert.match(sender.name, /^[^\p{Cc}]{1,64}$/u);
      assert.ok(sender.delivers === undefined || typeof sender.delivers === 'boolean');
    }),
    conformance('M-SEND-01', 'MUST hand a message over once, and answer at most an id', ['delivers'], async ({ sender, received }) => {
      const answer = await send(sender);
      assert.ok(answer === undefined || answer.providerId === undefined || typeof answer.providerId === 'string');
      assert.equal(await received(), 1);
    }),
    conformance('M-SEND-02', 'MUST take every message that the core can make', ['delivers'], async ({ sender, received }) => {
      const messages: readonly Partial<SmsMessage>[] = [
        { text: 'کد شما: ۱۲۳۴۵۶\n\n@example.com #123456', locale: 'fa-IR', purpose: 'step-up', context: 'پرداخت "۵"' },
        { text: `123456 ${'x'.repeat(600)}`, to: '+447400123456' as SmsMessage['to'] },
        { text: '123456 & <b> %s {{code}} $1 \\ \' "', context: null },
        { text: '12345678 🙂', code: '12345678' },
      ];
      for (const message of messages) await send(sender, message);
      assert.equal(await received(), messages.length);
    }),
    conformance('M-SEND-03', 'MUST send messages at the same time', ['delivers'], async ({ sender, received }) => {
      await Promise.all(Array.from({ length: 16 }, () => send(sender)));
      assert.equal(await received(), 16);
    }),
    conformance('M-FAIL-01', 'MUST throw an error of a known kind', ['refuses', 'unreachable', 'breaks'], async ({ sender }, provider) => {
      const error = await failureOf(sender);
      assert.ok(error instanceof Error && KINDS.includes((error as Partial<SmsError>).kind), `${provider}: ${String(error)}`);
    }),
    conformance('M-FAIL-02', 'MUST call it permanent when the provider refuses the number', ['refuses'], async ({ sender }) => {
      assert.equal((await failureOf(sender))?.kind, 'permanent');
    }),
    conformance('M-FAIL-03', 'MUST call it retryable when nothing left', ['unreachable'], async ({ sender, received }) => {
      assert.equal((await failureOf(sender))?.kind, 'retryable');
      assert.equal(await received(), 0);
    }),
    conformance(
      'M-FAIL-04',
      'MUST call it ambiguous when the message may have left, and not try again',
      ['breaks'],
      async ({ sender, received }) => {
        assert.equal((await failureOf(sender))?.kind, 'ambiguous');
        assert.ok((await received()) <= 1);
      },
    ),
    conformance('M-FAIL-05', 'MUST NOT tell the code in an error', ['refuses', 'unreachable', 'breaks'], async ({ sender }) => {
      const { message = '', stack = '' } = (await failureOf(sender, { text: 'Your code: 918273', code: '918273' })) ?? {};
      assert.ok(!message.includes('918273') && !stack.includes('918273'));
    }),
    conformance('M-ABORT-01', 'MUST end when the signal aborts, and not call it retryable or permanent', ['hangs'], async ({ sender }) => {
      const abort = new AbortController();
      const sending = failureOf(sender, {}, abort.signal);
      setTimeout(() => abort.abort(), 20);
      const error = await soon(sending, patienceSeconds);
      assert.ok(error !== null, 'goes on after the signal aborted');
      assert.ok(error.kind === undefined || error.kind === 'ambiguous');
    }),
    conformance('M-ABORT-02', 'MUST NOT send when the signal has aborted already', ['hangs'], async ({ sender, received }) => {
      assert.ok((await soon(failureOf(sender, {}, AbortSignal.abort()), patienceSeconds)) !== null, 'goes on although the signal aborted');
      assert.equal(await received(), 0);
    }),
  ].flat();
}

function send(
  sender: SmsSender,
  given: Partial<SmsMessage> = {},
  signal: AbortSignal = new AbortController().signal,
): ReturnType<SmsSender['send']> {
  const message: SmsMessage = {
    to: '+989121234567' as SmsMessage['to'],
    text: 'Your code for Acme: 123456',
    code: '123456',
    purpose: 'sign-in',
    context: null,
    locale: 'en',
    channel: 'sms',
    challengeId: randomText(28),
    expiresAt: NOW + 300_000,
    idempotencyKey: randomText(16),
    ...given,
  };
  return sender.send(message, { signal });
}

async function failureOf(sender: SmsSender, given?: Partial<SmsMessage>, signal?: AbortSignal): Promise<Partial<SmsError> | null> {
  return send(sender, given, signal).then(
    () => null,
    (error: unknown) => error as Partial<SmsError>,
  );
}

// `null` when it takes too long.
async function soon<Answer>(answer: Promise<Answer>, patienceSeconds: number): Promise<Answer | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), patienceSeconds * 1000);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
