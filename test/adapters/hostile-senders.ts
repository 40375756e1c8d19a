import { smsError } from '../../src/errors.ts';
import type { SmsMessage, SmsSender } from '../../src/ports/sms-sender.ts';
import type { OpenedSender, Provider } from '../conformance/index.ts';

interface Network {
  /** Resolves to whether the provider takes the number; rejects when nothing gets there, or nothing comes back. */
  post(text: string, signal: AbortSignal): Promise<'taken' | 'refused'>;
  received(): number;
}

function networkTo(provider: Provider): Network {
  let received = 0;
  return {
    received: () => received,
    async post(_, signal) {
      if (signal.aborted) throw new Error('aborted before');
      if (provider === 'unreachable') throw new Error('refused');
      if (provider === 'refuses') return 'refused';
      received++;
      if (provider === 'breaks') throw new Error('reset');
      if (provider === 'hangs')
        await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true }));
      return 'taken';
    },
  };
}

async function deliver(network: Network, { text }: SmsMessage, signal: AbortSignal): Promise<void> {
  const answer = await network.post(text, signal).catch((cause: unknown) => {
    const left = network.received() > 0 || !(cause as Error).message.includes('refused');
    throw smsError({ kind: left ? 'ambiguous' : 'retryable', cause });
  });
  if (answer === 'refused') throw smsError({ kind: 'permanent' });
}

type Send = (send: SmsSender['send'], message: SmsMessage, signal: AbortSignal, network: Network) => ReturnType<SmsSender['send']>;

/** A sound sender over a network of our own, over which a fault is laid. */
export function senderWith(
  change: Send = (send, message, signal) => send(message, { signal }),
  name = 'sound',
): (provider: Provider) => OpenedSender {
  return (provider) => {
    const network = networkTo(provider);
    const send: SmsSender['send'] = (message, { signal }) => deliver(network, message, signal);
    return { sender: { name, send: (message, { signal }) => change(send, message, signal, network) }, received: network.received };
  };
}

const failing = (kindOf: (kind: unknown) => 'permanent' | 'retryable' | 'ambiguous'): ((provider: Provider) => OpenedSender) =>
  senderWith((send, message, signal) =>
    Promise.resolve(send(message, { signal })).catch((error: { readonly kind?: unknown }) => {
      throw smsError({ kind: kindOf(error.kind) });
    }),
  );
const never: AbortSignal = new AbortController().signal;

/** Broken senders, by what is wrong with them. */
export const HOSTILE_SENDERS: Readonly<Record<string, (provider: Provider) => OpenedSender>> = {
  'has no name': senderWith(undefined, ''),
  'sends everything twice': senderWith(async (send, message, signal) => {
    await send(message, { signal });
    await send(message, { signal });
  }),
  'sends nothing': senderWith(async () => {}),
  'answers with what is no id': senderWith(async (send, message, signal) => {
    await send(message, { signal });
    return { providerId: 5 as unknown as string };
  }),
  'can only spell ASCII': senderWith(async (send, message, signal) => {
    if (/^[\x20-\x7e]*$/.test(message.text)) await send(message, { signal });
  }),
  'drops what comes while it sends': senderWith(
    (() => {
      let isBusy = false;
      return async (send, message, signal) => {
        if (isBusy) return;
        isBusy = true;
        await null;
        await Promise.resolve(send(message, { signal })).finally(() => {
          isBusy = false;
        });
      };
    })(),
  ),
  'throws errors without a kind': senderWith((send, message, signal) =>
    Promise.resolve(send(message, { signal })).catch(() => {
      throw new Error('It failed.');
    }),
  ),
  'swallows failures': senderWith((send, message, signal) => Promise.resolve(send(message, { signal })).catch(() => {})),
  'calls everything permanent': failing(() => 'permanent'),
  'calls everything retryable': failing(() => 'retryable'),
  'calls everything ambiguous': failing(() => 'ambiguous'),
  'tries again when it knows nothing': senderWith((send, message, signal) =>
    Promise.resolve(send(message, { signal })).catch((error: { readonly kind?: unknown }) => {
      if (error.kind === 'ambiguous') return send(message, { signal });
      throw error;
    }),
  ),
  'tells the code in its errors': senderWith((send, message, signal) =>
    Promise.resolve(send(message, { signal })).catch((error: { readonly kind?: 'ambiguous' }) => {
      throw smsError({ kind: error.kind ?? 'ambiguous', message: `Could not send "${message.text}".` });
    }),
  ),
  'ignores the signal': senderWith((send, message) => send(message, { signal: never })),
  'looks at the signal too late': senderWith(async (send, message, signal, network) => {
    if (!signal.aborted) return send(message, { signal });
    await Promise.race([network.post(message.text, never), null]);
    throw smsError({ kind: 'ambiguous' });
  }),
};
