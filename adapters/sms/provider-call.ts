import { type SmsError, smsError } from '../../src/errors.ts';
import { neverLeft, wordFor } from './unsent.ts';

/** What the senders need of `fetch`: the global one fits, and so does one that goes through a proxy. It must obey the signal and try nothing twice. */
export type SmsFetch = (
  url: string,
  request: {
    readonly method: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string | null;
    readonly redirect: 'manual';
    readonly signal: AbortSignal;
  },
) => Promise<{
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: AnswerBody | null;
}>;

/** The part of a `ReadableStream` that is used. */
export interface AnswerBody {
  getReader(): {
    read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
    cancel(): Promise<unknown>;
  };
}

/** One call of a provider. */
export interface ProviderCall {
  /** As errors name it. */
  readonly provider: string;
  /** @default the global `fetch`, looked up at each call */
  readonly fetch?: SmsFetch | undefined;
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  /** @default none */
  readonly body?: string | undefined;
  readonly signal: AbortSignal;
}

/** What a provider answered. */
export interface ProviderAnswer {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  /** At most its first 64 KB. */
  readonly text: string;
  /** The text as JSON, whatever its content type says; `undefined` for what is none. */
  readonly json: unknown;
}

const MOST_BYTES = 65_536;

/**
 * Calls a provider once and reads what it says; redirects are not followed. Throws an {@link SmsError}, which holds nothing of the request:
 * `retryable` when nothing left this machine, `ambiguous` when something may have.
 */
export async function callProvider({ provider, fetch, url, method, headers, body, signal }: ProviderCall): Promise<ProviderAnswer> {
  if (signal.aborted) throw smsError({ kind: 'retryable', message: `${provider} was not asked: the time was up`, code: 'aborted' });
  // looked up at each call, for what instruments it later
  const send: SmsFetch = fetch ?? globalThis.fetch;
  try {
    const response = await send(url, { method, headers, body: body ?? null, redirect: 'manual', signal });
    const text = await textOf(response.body);
    return { status: response.status, headers: response.headers, text, json: parsed(text) };
  } catch (error) {
    // neither kept as the cause nor quoted: what a `fetch` throws may hold the request
    const code = signal.aborted ? 'aborted' : wordFor(error);
    throw neverLeft(error)
      ? smsError({ kind: 'retryable', message: `${provider} could not be reached: ${code}`, code })
      : smsError({ kind: 'ambiguous', message: `${provider} gave no whole answer: ${code}`, code });
  }
}

/**
 * What a status says where the body says nothing better; `null` for success.
 *
 * `permanent` is what is wrong with this message: 400, 404, 422. Every other 4xx is a refusal too, of a wrong key, an empty purse, too many calls:
 * nothing was accepted and another provider may do it, so it is `retryable`; but 409 may tell of a first try that goes on. A redirect is not
 * followed: 307 and 308 say that nothing was done yet, the others also answer what was done (RFC 9110, 15.4). Whatever begins with 5 comes as often
 * from a gateway, behind which the message may go out.
 */
export function kindOfStatus(status: number): SmsError['kind'] | null {
  if (status >= 200 && status < 300) return null;
  if (status === 400 || status === 404 || status === 422) return 'permanent';
  if (status === 307 || status === 308) return 'retryable';
  return status >= 400 && status < 500 && status !== 409 ? 'retryable' : 'ambiguous';
}

/**
 * The error for an answer that is no success. `code` is the provider's own, `kind` what it means; without them the status speaks, and an answer with
 * a good status is `ambiguous`, because somebody said yes to something.
 */
export function providerFailure(
  provider: string,
  answer: ProviderAnswer,
  said: { readonly kind?: SmsError['kind'] | undefined; readonly code?: string | number | undefined } = {},
): SmsError {
  const kind = said.kind ?? kindOfStatus(answer.status) ?? 'ambiguous';
  const fallback = kindOfStatus(answer.status) === null ? 'unreadable_answer' : `http_${answer.status}`;
  const code = said.code === undefined || !/^[\w.:-]{1,64}$/.test(String(said.code)) ? fallback : String(said.code);
  return smsError({ kind, message: `${provider} did not take the message: ${code}`, code, retryAfterSeconds: retryAfterSecondsOf(answer) });
}

/** Whole seconds of a `Retry-After`, at most a day; `undefined` without one. */
function retryAfterSecondsOf({ headers }: ProviderAnswer): number | undefined {
  const value = headers.get('retry-after')?.trim() ?? '';
  const instant = / GMT$/.test(value) ? Date.parse(value) : Number.NaN;
  const seconds = /^\d{1,10}$/.test(value) ? Number(value) : Math.ceil((instant - Date.now()) / 1000);
  return Number.isNaN(seconds) ? undefined : Math.min(Math.max(seconds, 0), 86_400);
}

async function textOf(body: AnswerBody | null): Promise<string> {
  if (body === null) return '';
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  let room = MOST_BYTES;
  for (;;) {
    const { done, value } = await reader.read();
    if (done || value === undefined) return text + decoder.decode();
    text += decoder.decode(value.subarray(0, room), { stream: true });
    room -= value.length;
    if (room <= 0) {
      // what a provider says has a few hundred bytes; a connection that goes on talking is cut
      await reader.cancel();
      return text;
    }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
