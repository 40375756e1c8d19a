// Runs on Node (and Bun, Deno): it writes to standard output.
import process from 'node:process';
import type { SmsSender } from '../../src/ports/sms-sender.ts';

/** What {@link consoleSms} takes. */
export interface ConsoleSmsOptions {
  /** Gets the block of one message: several lines, without a line break at its end. @default writes to standard output */
  readonly write?: ((block: string) => void) | undefined;
  /** Codes in a production log open every account. `true` takes that on. @default false */
  readonly allowInProduction?: boolean | undefined;
}

/**
 * Prints messages instead of sending them, for development. Control characters of a text are made visible, so that it cannot steer the terminal.
 *
 * Throws a `TypeError` where `NODE_ENV` is `production`, unless `allowInProduction`, and for a wrong option.
 *
 * @example
 * ```ts
 * import { consoleSms } from 'ringlatch/sms/console';
 *
 * const sms = consoleSms();
 * ```
 */
export function consoleSms(options: ConsoleSmsOptions = {}): SmsSender & { readonly delivers: false } {
  const { write = (block) => process.stdout.write(`${block}\n`), allowInProduction = false, ...unknown } = options;
  const stranger = Object.keys(unknown)[0];
  if (stranger !== undefined) throw new TypeError(`consoleSms: ${stranger} is not an option`);
  if (typeof write !== 'function') throw new TypeError('consoleSms: write must be a function');
  if (typeof allowInProduction !== 'boolean') throw new TypeError('consoleSms: allowInProduction must be a boolean');
  if (process.env.NODE_ENV === 'production' && !allowInProduction) {
    throw new TypeError('consoleSms: NODE_ENV is production, where codes must not be printed; set allowInProduction to do it all the same');
  }
  return {
    name: 'console',
    delivers: false,
    async send({ to, text, purpose, channel, locale }) {
      const lines = text.split('\n').map((line) => `│ ${line.replace(/\p{Cc}/gu, '\ufffd')}`);
      write([`┌ ${channel} to ${to} (${purpose}, ${locale})`, ...lines, '└'].join('\n'));
    },
  };
}
