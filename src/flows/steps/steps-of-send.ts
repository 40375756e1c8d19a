import type { Context } from '../../context.ts';
import type { Challenge } from '../../core/challenge.ts';
import type { PlannedStep, PlannedSteps } from '../../delivery-routes.ts';
import type { Channel } from '../../ports/sms-sender.ts';

/**
 * What a send goes by: the n-th one by the n-th step of the plan, and those that are more by the last one; or by the first step of the channel that
 * was asked for. Without a plan there is one step, for the channel of the challenge.
 */
export function stepsOfSend(
  { plan, routes }: Pick<Context, 'plan' | 'routes'>,
  { channel: usual, sends }: Pick<Challenge, 'channel' | 'sends'>,
  asked: Channel | undefined,
): PlannedSteps {
  if (plan !== null) return stepsFrom(plan, ({ channel }, index) => (asked === undefined ? index === sends - 1 : channel === asked));
  const channel = usual as Channel;
  return [{ channel, waitSeconds: null, routes: routes.filter(({ channels }) => channels?.includes(channel) ?? true) }];
}

function stepsFrom(steps: PlannedSteps, isMeant: (step: PlannedStep, index: number) => boolean, index = 0): PlannedSteps {
  const [step, next, ...others] = steps;
  return next === undefined || isMeant(step, index) ? steps : stepsFrom([next, ...others], isMeant, index + 1);
}
