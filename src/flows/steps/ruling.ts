import type { RiskDecision } from '../../config.ts';

/** What a hook decided, in one form. */
export type Ruling = { readonly is: 'allowed' } | { readonly is: 'refused'; readonly challenge: string | null };

/** Reads what a hook gave; a `TypeError` for what is no decision. */
export function rulingOf(hook: string, decision: RiskDecision): Ruling {
  if (decision === 'allow') return { is: 'allowed' };
  if (decision === 'deny') return { is: 'refused', challenge: null };
  const challenge: unknown =
    decision === 'challenge' ? 'captcha' : (decision as { readonly challenge?: unknown } | null | undefined)?.challenge;
  // it travels to the client, who looks it up in a list of what it can show
  if (typeof challenge === 'string' && /^[\w.-]{1,64}$/.test(challenge)) return { is: 'refused', challenge };
  throw new TypeError(`${hook} must give 'allow', 'deny', 'challenge' or { challenge: 'name' }`);
}
