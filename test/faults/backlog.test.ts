import { describe, expect, it } from 'vitest';
import { memoryStorage } from '../../adapters/storage/memory.ts';
import { failure } from '../flows/stage.ts';
import { serviceOver } from './service-under-load.ts';
import { newVisit, proceed } from './visit.ts';
import { pause } from './waiting.ts';

const REQUEST = { client: { ip: null } } as const;

/** A service whose store can be made to answer nothing. */
function hangingService(deadline = { port: 0.2, sms: 1, request: 1 }) {
  const stores = memoryStorage();
  let [isHanging, asked] = [false, 0];
  const waiting: (() => void)[] = [];
  const issue: typeof stores.challenges.issue = async (input) => {
    asked += 1;
    if (isHanging) await new Promise<void>((resolve) => waiting.push(resolve));
    return stores.challenges.issue(input);
  };
  const service = serviceOver({ ...stores, challenges: { ...stores.challenges, issue } }, { deadline });
  return {
    service,
    hang: () => {
      isHanging = true;
    },
    revive: () => {
      isHanging = false;
    },
    answerAll: () => {
      for (const resolve of waiting.splice(0)) resolve();
    },
    asked: () => asked,
  };
}

/** So many calls, and how often the store was asked for them. */
async function ask({ service, asked }: ReturnType<typeof hangingService>, calls: number): Promise<number> {
  const before = asked();
  await Promise.all(
    Array.from({ length: calls }, () =>
      failure(service.auth.requestCode({ phoneNumber: newVisit().phoneNumber, ...REQUEST }), 'unavailable'),
    ),
  );
  return asked() - before;
}

describe('calls of a store that does not answer', () => {
  it('are handed to it up to a thousand, then it is only tried, and all goes on when it answers again', async () => {
    const hanging = hangingService();
    hanging.hang();
    expect(await ask(hanging, 1000)).toBe(1000);
    const startedAt = performance.now();
    expect(await ask(hanging, 500)).toBe(1);
    expect(performance.now() - startedAt).toBeLessThan(900);
    expect(await ask(hanging, 500)).toBe(0);
    hanging.revive();
    hanging.answerAll();
    await pause(10);
    await proceed(hanging.service, newVisit());
  });

  it('are forgotten when the store answers others: a driver may drop them without a word', async () => {
    const hanging = hangingService();
    hanging.hang();
    await ask(hanging, 1000);
    expect(await ask(hanging, 1)).toBe(1);
    hanging.revive();
    expect(await ask(hanging, 1)).toBe(0);
    await pause(1000);
    await proceed(hanging.service, newVisit());
    await proceed(hanging.service, newVisit());
  });

  it('leave other ports alone', async () => {
    const hanging = hangingService();
    const visit = newVisit();
    await proceed(hanging.service, visit);
    hanging.hang();
    await ask(hanging, 1000);
    await hanging.service.auth.refreshSession({ refreshToken: visit.refreshToken ?? '', ...REQUEST });
  });

  it('that are merely many are all handed over', async () => {
    // so that a slow machine is not taken for a store that hangs
    const { service, asked } = hangingService({ port: 30, sms: 30, request: 30 });
    await Promise.all(Array.from({ length: 3000 }, () => service.auth.requestCode({ phoneNumber: newVisit().phoneNumber, ...REQUEST })));
    expect(asked()).toBe(3000);
  });
});
