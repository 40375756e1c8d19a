import type { SmsMessage, SmsSender } from '../../src/ports/sms-sender.ts';

export {
  type InboxPageOptions,
  type InboxRequest,
  type InboxResponse,
  inboxMiddleware,
  inboxPage,
  type MessageList,
} from './inbox-page.ts';

/** What {@link inboxSms} takes. */
export interface InboxSmsOptions {
  /** Messages kept, 1 to 1000000; the oldest is dropped. @default 1000 */
  readonly maxMessages?: number | undefined;
}

/** What {@link Inbox.waitForCode} takes beside the number. */
export interface WaitForCodeOptions {
  /** Seconds to wait, 0 to 3600. @default 5 */
  readonly timeoutSeconds?: number | undefined;
  /** Only messages that came in after this one, as {@link Inbox.messages} gave it, count. @default no message is too old */
  readonly after?: SmsMessage | undefined;
}

/** A sender that keeps its messages. Numbers are E.164 strings. */
export interface Inbox extends SmsSender {
  readonly delivers: false;
  /** The messages to that number, or to all, oldest first: a copy. */
  messages(phoneNumber?: string): readonly SmsMessage[];
  /** The code of the newest message to that number; `null` when there is none. */
  lastCode(phoneNumber: string): string | null;
  /**
   * The code of the newest message to that number that is newer than all that this function has given for that number before; waits for one to
   * come in. Calls that wait for the same number are served in their order, one message each. Rejects with an `Error` when time is up.
   */
  waitForCode(phoneNumber: string, options?: WaitForCodeOptions): Promise<string>;
  /** Forgets all messages. Who waits goes on waiting. */
  clear(): void;
}

interface Entry {
  readonly order: number;
  readonly message: SmsMessage;
}

interface Waiter {
  readonly phoneNumber: string;
  readonly resolve: (code: string) => void;
}

/**
 * Keeps messages in memory instead of sending them: for tests, and for {@link inboxPage}, which shows them during development.
 *
 * Throws a `TypeError` for a wrong option.
 *
 * @example
 * ```ts
 * import { inboxSms } from 'ringlatch/sms/inbox';
 *
 * const inbox = inboxSms();
 * const code = inbox.lastCode('+989121234567');
 * ```
 */
export function inboxSms(options: InboxSmsOptions = {}): Inbox {
  const { maxMessages = 1000, ...unknown } = options;
  const stranger = Object.keys(unknown)[0];
  if (stranger !== undefined) throw new TypeError(`inboxSms: ${stranger} is not an option`);
  if (!Number.isSafeInteger(maxMessages) || maxMessages < 1 || maxMessages > 1_000_000) {
    throw new TypeError('inboxSms: maxMessages must be an integer from 1 to 1000000');
  }
  const entries: Entry[] = [];
  let waiters: readonly Waiter[] = [];
  let received = 0;
  const lastGiven = new Map<string, number>();

  function newestTo(phoneNumber: string): Entry | undefined {
    return entries.findLast((entry) => entry.message.to === phoneNumber);
  }

  function give({ order, message }: Entry): string {
    lastGiven.set(message.to, order);
    return message.code;
  }

  return {
    name: 'inbox',
    delivers: false,

    async send(message) {
      const entry = { order: ++received, message };
      entries.push(entry);
      if (entries.length > maxMessages) entries.shift();
      const waiter = waiters.find((candidate) => candidate.phoneNumber === message.to);
      waiters = waiters.filter((candidate) => candidate !== waiter);
      waiter?.resolve(give(entry));
    },

    messages: (phoneNumber) =>
      entries.map(({ message }) => message).filter((message) => phoneNumber === undefined || message.to === phoneNumber),

    lastCode: (phoneNumber) => newestTo(phoneNumber)?.message.code ?? null,

    waitForCode(phoneNumber, { timeoutSeconds = 5, after } = {}) {
      if (typeof timeoutSeconds !== 'number' || !(timeoutSeconds >= 0 && timeoutSeconds <= 3600)) {
        return Promise.reject(new TypeError('waitForCode: timeoutSeconds must be a number from 0 to 3600'));
      }
      const seen = entries.find(({ message }) => message === after)?.order ?? 0;
      const newest = newestTo(phoneNumber);
      if (newest !== undefined && newest.order > Math.max(seen, lastGiven.get(phoneNumber) ?? 0)) return Promise.resolve(give(newest));
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiters = waiters.filter((candidate) => candidate !== waiter);
          reject(new Error(`waitForCode: no new message to ${phoneNumber} within ${timeoutSeconds} seconds`));
        }, timeoutSeconds * 1000);
        const waiter: Waiter = {
          phoneNumber,
          resolve: (code) => {
            clearTimeout(timer);
            resolve(code);
          },
        };
        waiters = [...waiters, waiter];
      });
    },

    clear() {
      entries.length = 0;
    },
  };
}
