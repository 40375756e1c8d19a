import { addressOf } from '../../address.ts';
import type { Client, Context } from '../../context.ts';
import { type Purpose, phoneKeyOf } from '../../core/challenge.ts';
import type { Payer } from '../../core/charges.ts';
import { type Device, readDeviceToken } from '../../core/device.ts';
import { networksOf } from '../../core/networks.ts';
import type { UserRecord } from '../../ports/user-store.ts';
import { fixedCodeOf } from './test-numbers.ts';

/** Whose budget pays for what a client asks of a number. For a purpose that has no fixed code a test number is one like any other. */
export function payerOf(ctx: Context, phoneKey: string, purpose: Purpose, client: Client): Payer {
  const isTest = fixedCodeOf(ctx, phoneKey, purpose) !== null;
  const isKnown = ownerOfDevice(ctx, phoneKey, client) !== null;
  return {
    phoneKey,
    isTest,
    isSent: !isTest || ctx.settings.testNumbers?.send === true,
    isPaced: !isTest || ctx.settings.testNumbers?.send === true || ctx.settings.testNumbers?.paced === true,
    // a test number has one budget for all
    lane: isKnown && !isTest ? 'known' : 'unknown',
    // it asks about its own number, which whoever shares its address must not be able to prevent
    networks: isKnown ? [] : networksOf(addressOf(client.ip)),
  };
}

/** Whose budget pays for what no stranger can ask: a notice of this server, a call on behalf of a signed-in user. */
export function ownerOf(phoneKey: string): Payer {
  return { phoneKey, isTest: false, isSent: true, isPaced: true, lane: 'known', networks: [] };
}

/** Whether the device signed in before, to this account and under its present number. */
export function isDeviceOf(ctx: Context, user: UserRecord, client: Client): boolean {
  const device = deviceOf(ctx, client);
  return device?.userId === user.id && device.phoneNumber === user.phoneNumber;
}

/** The user whose device it is, when that one signed in under the number of the key. */
export function ownerOfDevice(ctx: Context, phoneKey: string, client: Client): string | null {
  const { userId, phoneNumber = null } = deviceOf(ctx, client) ?? {};
  return userId !== undefined && phoneNumber !== null && phoneKeyOf(ctx.namingKeys, phoneNumber) === phoneKey ? userId : null;
}

function deviceOf(ctx: Context, { deviceToken }: Client): Device | null {
  return deviceToken === undefined ? null : readDeviceToken(ctx.secrets, { deviceToken, now: ctx.now() });
}
