export type { CaptchaFetch, CaptchaOptions } from './captcha-options.ts';
export { type HcaptchaRiskOptions, hcaptchaRisk } from './hcaptcha.ts';
export { type RecaptchaRiskOptions, recaptchaRisk } from './recaptcha.ts';
export { type TurnstileRiskOptions, turnstileRisk } from './turnstile.ts';
