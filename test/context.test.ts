import { describe, expect, it } from 'vitest';
import { memoryStorage } from '../adapters/storage/memory.ts';
import { beginCall, guarded, type Instance } from '../src/context.ts';
import { createInstance } from '../src/create-phone-verification.ts';
import { PhoneAuthError, type PhoneAuthEvent, type PhoneVerificationConfig } from '../src/index.ts';
import { verificationSettings } from '../src/settings.ts';
import { failure, randomSecret } from './flows/stage.ts';

function instance(overrides: Partial<PhoneVerificationConfig> = {}): Instance & { readonly events: PhoneAuthEvent[] } {
  const events: PhoneAuthEvent[] = [];
  const config: PhoneVerificationConfig = {
    secret: randomSecret(),
    storage: memoryStorage(),
    sms: async () => {},
    appName: 'Test',
    allowedCountries: 'all',
    limits: { smsPerDay: 1 },
    onEvent: (event) => void events.push(event),
    ...overrides,
  };
  return { ...createInstance(config, verificationSettings(config)).instance, now: () => 1_800_000_000_000, events };
}

const { challenges } = memoryStorage();

describe('a wait', () => {
  it('gives what it waited for, also what was there at once', async () => {
    const ctx = beginCall(instance(), { challenges });
    expect(await ctx.within('port', 'verb', 1, () => 7)).toBe(7);
    expect(await ctx.within('port', 'verb', 1, async () => null)).toBeNull();
  });

  it('that fails is unavailable, with its cause, and told by name', async () => {
    const some = instance();
    const ctx = beginCall(some, { challenges });
    const cause = Object.assign(new Error('password authentication failed for +12015550123'), { code: '28P01' });
    const error = await failure(
      ctx.within('storage', 'issue', 1, () => {
        throw cause;
      }),
      'unavailable',
    );
    expect([error.details, error.cause]).toEqual([{ retryAfterSeconds: 5 }, cause]);
    expect(some.events).toEqual([{ type: 'port.failed', at: 1_800_000_000_000, port: 'storage', verb: 'issue', reason: '28P01' }]);
  });

  it('that fails with an error of ours keeps it', async () => {
    const some = instance();
    const ctx = beginCall(some, { challenges });
    const ours = new PhoneAuthError('refused_by_policy', { challenge: 'captcha' });
    await expect(ctx.within('hooks', 'canSignIn', 1, () => Promise.reject(ours))).rejects.toBe(ours);
    expect(some.events).toEqual([]);
  });

  it('ends with its own deadline or with that of the call, whichever is first', async () => {
    const slow = (): Promise<never> => new Promise(() => undefined);
    const first = beginCall(instance(), { challenges });
    await failure(first.within('port', 'verb', 0.01, slow), 'unavailable');
    const some = instance({ deadlineSeconds: { request: 0.02 } });
    const second = beginCall(some, { challenges });
    await failure(second.within('port', 'verb', 60, slow), 'unavailable');
    await new Promise((resolve) => setTimeout(resolve, 5));
    // nothing is begun when the time of the call is over
    let begun = 0;
    await failure(
      second.within('port', 'verb', 60, () => ++begun),
      'unavailable',
    );
    expect(begun).toBe(0);
    expect(some.events.map((event) => event.type === 'port.failed' && event.reason)).toEqual(['DeadlineError', 'DeadlineError']);
    // another call has its own time
    expect(await beginCall(some, { challenges }).within('port', 'verb', 60, () => 1)).toBe(1);
  });
});

describe('a guarded port', () => {
  it('is the same object to whoever calls it', async () => {
    const ctx = beginCall(instance(), { challenges });
    class Store {
      readonly name = 'store';
      #count = 0;
      async count(by: number): Promise<number> {
        this.#count += by;
        return this.#count;
      }
      optional?: () => Promise<void>;
    }
    const { name, count, optional } = guarded(ctx, 'store', new Store());
    expect(name).toBe('store');
    expect(optional).toBeUndefined();
    // also taken apart
    expect([await count(2), await count(3)]).toEqual([2, 5]);
  });

  it('that answers at once is awaited, and what it throws at once is a failure', async () => {
    const ctx = beginCall(instance(), { challenges });
    const port = guarded(ctx, 'store', {
      read: (): number => 7,
      write: (): number => {
        throw new RangeError('full');
      },
    });
    expect(await port.read()).toBe(7);
    await failure(Promise.resolve().then(port.write), 'unavailable');
  });
});
