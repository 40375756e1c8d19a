import type { AssessRisk } from '../../src/config.ts';
import type { CaptchaFetch, CaptchaOptions } from './captcha-options.ts';

/** What a provider answers. `null` counts as absent. */
export interface SiteverifyAnswer {
  readonly success: boolean;
  readonly 'error-codes'?: readonly string[] | null;
  readonly hostname?: string | null;
  readonly action?: string | null;
  readonly score?: number | null;
}

/** What one provider has of its own. */
export interface Provider {
  /** The challenge that is named to the client. */
  readonly name: 'turnstile' | 'hcaptcha' | 'recaptcha';
  readonly url: string;
  /** Longer ones are refused without asking. */
  readonly maxTokenLength: number;
  /** Parameters beside `secret`, `response` and `remoteip`. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Whether an accepted token was solved where and for what it should. */
  readonly fits: (answer: SiteverifyAnswer) => boolean;
}

// What no client can bring about by its token: a fault of the setup or of the provider. Codes that are not here, also those of which nobody heard,
// refuse the token, because a failure lets known devices pass.
const FAILURES: ReadonlySet<string> = new Set([
  'missing-input-secret',
  'invalid-input-secret',
  'bad-request',
  'missing-remoteip',
  'invalid-remoteip',
  'internal-error',
]);

/** The hook that asks one provider. */
export function captchaRisk(provider: Provider, options: CaptchaOptions): AssessRisk {
  const { secret, skipKnownDevices = true, sendIp = true } = options;
  const challenge = { challenge: provider.name };
  return async ({ captchaToken, isKnownDevice, ip }) => {
    if (isKnownDevice && skipKnownDevices) return 'allow';
    if (captchaToken === null || !canBeToken(captchaToken, provider.maxTokenLength)) return challenge;
    const parameters = { secret, response: captchaToken, ...(sendIp && ip !== null && { remoteip: ip }), ...provider.parameters };
    const answer = answerIn(provider, await textOf(provider, options, new URLSearchParams(parameters).toString()));
    return answer.success && provider.fits(answer) ? 'allow' : challenge;
  };
}

/** Whether a captcha was solved on one of these hosts; all are good when none is named. */
export function isSolvedOn(hostname: CaptchaOptions['hostname']): (answer: SiteverifyAnswer) => boolean {
  if (hostname === undefined) return () => true;
  const allowed = [hostname].flat().map((name) => name.toLowerCase());
  return (answer) => allowed.includes(answer.hostname?.toLowerCase() ?? '');
}

function canBeToken(token: string, maxLength: number): boolean {
  return token.length <= maxLength && /^[\x21-\x7e]+$/.test(token);
}

async function textOf({ name, url }: Provider, { timeoutSeconds = 2, fetch }: CaptchaOptions, body: string): Promise<string> {
  // looked up at each call, for what instruments it later
  const send: CaptchaFetch = fetch ?? globalThis.fetch;
  let status: number;
  let text: string;
  try {
    const response = await send(url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body,
      // a secret follows nobody elsewhere; Workers do not know 'error'
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutSeconds * 1000),
    });
    // read whatever the status is, because an unread body holds its connection
    text = await response.text();
    status = response.status;
  } catch (error) {
    // neither kept as the cause nor quoted: what a `fetch` throws may hold the request
    throw failure(name, 'could not be asked', wordFor(error));
  }
  if (status !== 200) throw failure(name, 'gave no answer', `http_${status}`);
  return text;
}

function answerIn({ name }: Provider, text: string): SiteverifyAnswer {
  const answer = parsed(text);
  if (!isAnswer(answer)) throw failure(name, 'gave an answer of another form', 'unreadable_answer');
  const fault = answer['error-codes']?.find((code) => FAILURES.has(code));
  if (fault !== undefined) throw failure(name, 'cannot judge', fault.replaceAll('-', '_'));
  return answer;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isAnswer(value: unknown): value is SiteverifyAnswer {
  if (typeof value !== 'object' || value === null) return false;
  const { success, 'error-codes': codes, hostname, action, score } = value as Readonly<Record<string, unknown>>;
  const isAbsentOr = (type: 'string' | 'number', member: unknown): boolean =>
    member === undefined || member === null || typeof member === type;
  const areCodes = codes === undefined || codes === null || (Array.isArray(codes) && codes.every((code) => typeof code === 'string'));
  return (
    typeof success === 'boolean' &&
    areCodes &&
    isAbsentOr('string', hostname) &&
    isAbsentOr('string', action) &&
    isAbsentOr('number', score)
  );
}

// The core tells the `code` of an error in `port.failed`, and never its message.
function failure(name: string, sentence: string, code: string): Error {
  return Object.assign(new Error(`The siteverify of ${name} ${sentence}: ${code}`), { code });
}

function wordFor(error: unknown): string {
  const { cause, code, name } = recordOf(error);
  const words = [recordOf(cause).code, code, name];
  return words.find((word): word is string => typeof word === 'string' && /^[A-Z][A-Za-z_]{1,40}$/.test(word)) ?? 'network';
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
