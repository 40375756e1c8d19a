import type { DeliveryPlan, PhoneVerificationConfig, SmsRoute, SmsSenders } from './config.ts';
import type { Problem } from './config-schema.ts';
import type { Channel, SendFunction, SmsSender } from './ports/sms-sender.ts';

type Sms = PhoneVerificationConfig['sms'];

/** A sender with what it is for, every default in its place. */
export interface Route {
  readonly sender: SmsSender;
  /** `null`: all. */
  readonly countries: readonly string[] | null;
  readonly channels: readonly Channel[] | null;
  readonly fallsBackOnRefusal: boolean;
}

/** A step of a plan, every default in its place. */
export interface PlannedStep {
  readonly channel: Channel;
  readonly waitSeconds: number | null;
  /** Those that serve the channel, in order. */
  readonly routes: readonly Route[];
}

/** Steps in order, of which there is one at least. */
export type PlannedSteps = readonly [PlannedStep, ...PlannedStep[]];

/** Whether this is a plan, rather than senders. */
export function isPlan(sms: unknown): sms is DeliveryPlan {
  return typeof sms === 'object' && sms !== null && 'steps' in sms && !('send' in sms);
}

/** The steps of a plan; `null` where there is none. */
export function planIn(sms: Sms): PlannedSteps | null {
  if (!isPlan(sms)) return null;
  const [first, ...others] = sms.steps.map(({ channel, sender, waitSeconds = null }, index) => ({
    channel,
    waitSeconds,
    routes: routesOf(sender, `sms.steps[${index}]`)
      .filter(({ channels }) => channels?.includes(channel) ?? true)
      .map((route) => ({ ...route, channels: [channel] })),
  }));
  return first === undefined ? null : [first, ...others];
}

/** Every route, in order. */
export function routesIn(sms: Sms): readonly Route[] {
  return isPlan(sms) ? (planIn(sms)?.flatMap(({ routes }) => routes) ?? []) : routesOf(sms, 'sms');
}

function routesOf(senders: SmsSenders, place: string): readonly Route[] {
  const list = (Array.isArray(senders) ? senders : [senders]) as readonly (SmsSender | SendFunction | SmsRoute)[];
  return list.map((one, index) => {
    const route: SmsRoute = typeof one === 'object' && 'sender' in one ? one : { sender: one };
    const { countries = null, channels = null, fallsBackOnRefusal = false } = route;
    return { sender: named(route.sender, `${place}[${index}]`), countries, channels, fallsBackOnRefusal };
  });
}

function named(sender: SmsSender | SendFunction, place: string): SmsSender {
  return typeof sender === 'function' ? { name: sender.name || place, send: sender } : sender;
}

/** What may be asked for, and for how long it is good. */
interface Wanted {
  readonly channels: readonly Channel[];
  readonly allowedCountries: readonly string[] | 'all';
  readonly code: { readonly ttlSeconds: number };
}

/** What may be asked for and nobody would send, and what stands in a plan for nothing. */
export function contradictionsOfDelivery(sms: Sms, wanted: Wanted): readonly Problem[] {
  const plan = planIn(sms);
  if (plan === null) return wanted.channels.flatMap((channel) => unserved(routesIn(sms), channel, wanted, 'sms'));
  const last = plan.length - 1;
  const known: ReadonlySet<Channel> = new Set(plan.map(({ channel }) => channel));
  return [
    ...plan.flatMap(({ channel, routes }, index) =>
      routes.length > 0 ? [] : [{ path: `sms.steps.${index}.sender`, message: `has no sender of ${channel}` }],
    ),
    // every further resend goes by the last step, and so does whoever asks for its channel
    ...plan.slice(last).flatMap(({ channel, routes }) => unserved(routes, channel, wanted, `sms.steps.${last}.sender`)),
    ...plan
      .slice(last)
      .flatMap(({ waitSeconds }) =>
        waitSeconds === null ? [] : [{ path: `sms.steps.${last}.waitSeconds`, message: 'must be absent: no step comes after it' }],
      ),
    ...plan.flatMap(({ waitSeconds }, index) =>
      waitSeconds === null || waitSeconds < wanted.code.ttlSeconds
        ? []
        : [{ path: `sms.steps.${index}.waitSeconds`, message: 'must be less than code.ttlSeconds: nothing follows a code that expired' }],
    ),
    ...wanted.channels
      .filter((channel) => !known.has(channel))
      .map((channel) => ({ path: 'channels', message: `must not name ${channel}, which no step of the plan has` })),
  ];
}

function unserved(routes: readonly Route[], channel: Channel, { allowedCountries }: Wanted, path: string): readonly Problem[] {
  const serving = routes.filter(({ channels }) => channels?.includes(channel) ?? true);
  return (allowedCountries === 'all' ? ['any other country'] : allowedCountries)
    .filter((country) => !serving.some(({ countries }) => countries?.includes(country) ?? true))
    .map((country) => ({ path, message: `has no sender of ${channel} for ${country}` }));
}
