import { drawnBytes } from './drawn-bytes.ts';

/** What a port does with one call. */
export type Whim = 'obeys' | 'throws before' | 'throws after' | 'hangs' | 'answers late' | 'does it late';

const WHIMS: readonly Whim[] = ['throws before', 'throws after', 'hangs', 'answers late', 'does it late'];

/** Decides by lot, the same way in every run: of `outOf` calls all but five obey, on average. */
export function whims(name: string, outOf: number): () => Whim {
  const draw = drawnBytes(name);
  return () => WHIMS[(((draw(2)[0] as number) * 256 + (draw(1)[0] as number)) % outOf) as number] ?? 'obeys';
}

/** The same port, whose verbs fail in every way that a network has: before and after they did their work, late, and not at all. */
export function hostile<Port extends object>(port: Port, whim: () => Whim, lateMs: number): Port {
  return new Proxy(port, {
    get(target, verb) {
      const member: unknown = Reflect.get(target, verb);
      if (typeof member !== 'function') return member;
      const work = async (args: readonly unknown[]): Promise<unknown> => Reflect.apply(member, target, args);
      return (...args: readonly unknown[]) => misbehave(whim(), () => work(args), lateMs);
    },
  });
}

/** Runs some work as the whim has it. */
export async function misbehave<Answer>(whim: Whim, work: () => Promise<Answer>, lateMs: number): Promise<Answer> {
  switch (whim) {
    case 'obeys':
      return work();
    case 'throws before':
      throw new Error('connection refused');
    case 'throws after':
      await work();
      throw Object.assign(new Error('connection lost'), { code: 'ECONNRESET' });
    case 'hangs':
      return new Promise<never>(() => undefined);
    case 'answers late': {
      const answer = await work();
      await pause(lateMs);
      return answer;
    }
    case 'does it late':
      await pause(lateMs);
      return work();
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
