import type { AssessRisk } from '../../src/config.ts';
import { type CaptchaOptions, checkOptions, numberWithin, type OptionRule, optional, visibleText } from './captcha-options.ts';
import { captchaRisk, isSolvedOn, type SiteverifyAnswer } from './siteverify.ts';

/** What {@link recaptchaRisk} takes. */
export interface RecaptchaRiskOptions extends CaptchaOptions {
  /** The action that your page gave to `grecaptcha.execute`. reCAPTCHA v3 alone; no token of v2 has one. @default any */
  readonly action?: string | undefined;
  /** The least score that passes, 0 to 1, where 1 is surely a person. reCAPTCHA v3 alone; a v2 answer has no score and passes. @default 0.5 */
  readonly minScore?: number | undefined;
  /** `https://www.recaptcha.net/recaptcha/api/siteverify` where google.com is out of reach. @default 'https://www.google.com/recaptcha/api/siteverify' */
  readonly url?: string | undefined;
}

/**
 * Asks Google reCAPTCHA, v2 or v3, before a code is sent. Without a token, or with one that is refused, was solved on another host or for another
 * action, or has too low a score, the answer is `refused_by_policy` with `challenge: 'recaptcha'`. A page with v3 cannot offer more than another
 * try to somebody whose score is low.
 *
 * A token is single-use and lives 2 minutes, whatever becomes of the request: who asks again, for a resend or under the same idempotency key, needs
 * a new one.
 *
 * Throws a `TypeError` that names a wrong option. The hook rejects with an `Error`, which holds neither secret nor token, when reCAPTCHA is not
 * there, knows no such secret, or answers nonsense: unknown devices are then refused, and known ones pass.
 *
 * @example
 * ```ts
 * import { recaptchaRisk } from 'ringlatch/captcha';
 *
 * const assessRisk = recaptchaRisk({ secret: process.env.RECAPTCHA_SECRET ?? '', hostname: 'example.com', action: 'sign_in', minScore: 0.7 });
 * ```
 * @see https://developers.google.com/recaptcha/docs/verify
 * @see https://developers.google.com/recaptcha/docs/v3#site_verify_response
 * @see https://developers.google.com/recaptcha/docs/faq#can-i-use-recaptcha-globally
 */
export function recaptchaRisk(options: RecaptchaRiskOptions): AssessRisk {
  checkOptions('recaptchaRisk', options, {
    action: optional(visibleText),
    minScore: optional(numberWithin(0, 1)),
    url: optional(httpsUrl),
  });
  const { hostname, action, minScore = 0.5, url = 'https://www.google.com/recaptcha/api/siteverify' } = options;
  const isOurs = isSolvedOn(hostname);
  const isHuman = ({ score }: SiteverifyAnswer): boolean => score === undefined || score === null || score >= minScore;
  return captchaRisk(
    {
      name: 'recaptcha',
      url,
      // no maximum is documented, and the core takes no longer ones
      maxTokenLength: 8192,
      parameters: {},
      fits: (answer) => isOurs(answer) && isHuman(answer) && (action === undefined || answer.action === action),
    },
    options,
  );
}

// The secret travels there.
const httpsUrl: OptionRule = (value) =>
  typeof value === 'string' && /^https:\/\/[^\s/?#@]+\/\S+$/.test(value) ? null : 'must be an https URL';
