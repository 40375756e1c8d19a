import type { AssessRisk } from '../../src/config.ts';
import { type CaptchaOptions, checkOptions, optional, visibleText } from './captcha-options.ts';
import { captchaRisk, isSolvedOn } from './siteverify.ts';

/** What {@link hcaptchaRisk} takes. */
export interface HcaptchaRiskOptions extends CaptchaOptions {
  /**
   * Names of the hosts on which the captcha may be solved, as the browser tells them; `siteKey` is the firmer check. hCaptcha leaves the name out
   * when it has much to do, and then any host will do. @default those that the provider allows
   */
  readonly hostname?: string | readonly string[] | undefined;
  /** The site key of your page: a token of another one is refused. @default any that belongs to the secret */
  readonly siteKey?: string | undefined;
}

/**
 * Asks hCaptcha before a code is sent. Without a token, or with one that is refused, or was solved for another site, the answer is
 * `refused_by_policy` with `challenge: 'hcaptcha'`.
 *
 * A token is single-use and lives 2 minutes, whatever becomes of the request: who asks again, for a resend or under the same idempotency key, needs
 * a new one. A `siteKey` that is not one of the secret refuses everybody with the challenge: hCaptcha answers as it does to a token of another site.
 *
 * Throws a `TypeError` that names a wrong option. The hook rejects with an `Error`, which holds neither secret nor token, when hCaptcha is not
 * there, knows no such secret, or answers nonsense: unknown devices are then refused, and known ones pass.
 *
 * @example
 * ```ts
 * import { hcaptchaRisk } from 'ringlatch/captcha';
 *
 * const assessRisk = hcaptchaRisk({ secret: process.env.HCAPTCHA_SECRET ?? '', siteKey: process.env.HCAPTCHA_SITE_KEY });
 * ```
 * @see https://docs.hcaptcha.com/#verify-the-user-response-server-side
 */
export function hcaptchaRisk(options: HcaptchaRiskOptions): AssessRisk {
  checkOptions('hcaptchaRisk', options, { siteKey: optional(visibleText) });
  const { hostname, siteKey } = options;
  const isOurs = isSolvedOn(hostname);
  return captchaRisk(
    {
      name: 'hcaptcha',
      url: 'https://api.hcaptcha.com/siteverify',
      // no maximum is documented, and the core takes no longer ones
      maxTokenLength: 8192,
      parameters: siteKey === undefined ? {} : { sitekey: siteKey },
      fits: (answer) => answer.hostname === 'not-provided' || isOurs(answer),
    },
    options,
  );
}
