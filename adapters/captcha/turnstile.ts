import type { AssessRisk } from '../../src/config.ts';
import { type CaptchaOptions, checkOptions, optional, visibleText } from './captcha-options.ts';
import { captchaRisk, isSolvedOn } from './siteverify.ts';

/** What {@link turnstileRisk} takes. */
export interface TurnstileRiskOptions extends CaptchaOptions {
  /** The `action` that your page gave to the widget. @default any */
  readonly action?: string | undefined;
}

/**
 * Asks Cloudflare Turnstile before a code is sent. Without a token, or with one that is refused, was solved on another host or for another action,
 * the answer is `refused_by_policy` with `challenge: 'turnstile'`.
 *
 * A token is single-use and lives 5 minutes, whatever becomes of the request: who asks again, for a resend or under the same idempotency key, needs
 * a new one. Turnstile's own `idempotency_key` is not used: nothing is asked twice here, and one made from the token would let it pass again.
 *
 * Throws a `TypeError` that names a wrong option. The hook rejects with an `Error`, which holds neither secret nor token, when Turnstile is not
 * there, knows no such secret, or answers nonsense: unknown devices are then refused, and known ones pass.
 *
 * @example
 * ```ts
 * import { turnstileRisk } from 'ringlatch/captcha';
 *
 * const assessRisk = turnstileRisk({ secret: process.env.TURNSTILE_SECRET ?? '', hostname: 'example.com', action: 'sign-in' });
 * ```
 * @see https://developers.cloudflare.com/turnstile/get-started/server-side-validation/
 */
export function turnstileRisk(options: TurnstileRiskOptions): AssessRisk {
  checkOptions('turnstileRisk', options, { action: optional(visibleText) });
  const { hostname, action } = options;
  const isOurs = isSolvedOn(hostname);
  return captchaRisk(
    {
      name: 'turnstile',
      url: 'https://challenges.cloudflare.com/turnstile/v0/siteverify',
      maxTokenLength: 2048,
      parameters: {},
      fits: (answer) => isOurs(answer) && (action === undefined || answer.action === action),
    },
    options,
  );
}
