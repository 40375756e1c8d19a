import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { deliveryPlan, type PhoneAuthEvent, type SmsSender, smsError } from '../../src/index.ts';
import { nextPhoneNumber } from '../kit/index.ts';
import { failure, stage } from './stage.ts';

const PAGE = readFileSync(new URL('../../docs/sms-providers.md', import.meta.url), 'utf8');

/** The function that the page shows. */
function documented(): (events: readonly PhoneAuthEvent[]) => unknown {
  const block = PAGE.split('## What became of the codes\n')[1]?.match(/^```ts\n([\s\S]*?)^```/m)?.[1] ?? '';
  const statements = block.replace(/^import .*$/gm, '').replace('export function', 'return function');
  const { outputText } = ts.transpileModule(statements, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  });
  return new Function(outputText)();
}

describe('the table of the documentation', () => {
  it('counts sent, delivered and redeemed by sender and country, from events in any order', async () => {
    const codes: string[] = [];
    const sender = (name: string): SmsSender => ({ name, send: async ({ code }) => void codes.push(code) });
    const refusing: SmsSender = { name: 'none here', send: () => Promise.reject(smsError({ kind: 'permanent' })) };
    const s = stage({
      code: { resendAfterSeconds: [0] },
      sms: deliveryPlan([
        { channel: 'whatsapp', sender: [{ sender: sender('whatsapp'), countries: ['US'] }] },
        {
          channel: 'sms',
          sender: [{ sender: sender('kavenegar'), countries: ['IR'] }, { sender: sender('twilio'), countries: ['US'] }, refusing],
        },
      ]),
    });
    const ask = (phoneNumber: string, resendOf?: string) => s.auth.requestCode({ phoneNumber, resendOf, client: s.client });
    const delivered = (challengeId: string, send: number) => s.auth.recordDelivery({ challengeId, send, state: 'delivered' });

    const first = await ask(nextPhoneNumber('US'));
    await ask(first.phoneNumber, first.challengeId);
    for (const _ of ['reported twice', 'as providers do']) await delivered(first.challengeId, 2);
    await s.auth.signInWithCode({ challengeId: first.challengeId, code: codes.at(-1) ?? '', client: s.client });
    await delivered((await ask(nextPhoneNumber('US'))).challengeId, 1);
    const iranian = await ask(nextPhoneNumber('IR'));
    await s.auth.recordDelivery({ challengeId: iranian.challengeId, send: 1, state: 'failed' });
    await failure(ask(nextPhoneNumber('DE')), 'delivery_failed');

    const table = {
      'whatsapp US': { sent: 2, delivered: 1, redeemed: 1 },
      'twilio US': { sent: 1, delivered: 1, redeemed: 1 },
      'kavenegar IR': { sent: 1, delivered: 0, redeemed: 0 },
    };
    expect(documented()(s.events)).toEqual(table);
    expect(documented()(s.events.toReversed())).toEqual(table);
  });
});
