import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { afterOutcome, type Breaker, CLOSED, isOpen } from '../../src/core/breaker.ts';

const NOW = 1_800_000_000_000;

function told(outcomes: readonly boolean[], from: Breaker = CLOSED, now = NOW) {
  return outcomes.reduce((state, failed) => afterOutcome(state.breaker, failed, now), { breaker: from, change: null } as ReturnType<
    typeof afterOutcome
  >);
}

describe('a breaker', () => {
  it('opens when half of ten within a minute failed', () => {
    const nine = told([true, true, true, true, false, false, false, false, false]);
    expect(nine.change).toBeNull();
    expect(isOpen(nine.breaker, NOW)).toBe(false);
    const ten = told([true], nine.breaker);
    expect(ten.change).toEqual({ is: 'opened', failures: 5, of: 10, seconds: 30 });
    expect(isOpen(ten.breaker, NOW + 29_999)).toBe(true);
    expect(isOpen(ten.breaker, NOW + 30_000)).toBe(false);
  });

  it('says nothing of nine, however many failed', () => {
    expect(told(Array<boolean>(9).fill(true)).breaker.openUntil).toBeNull();
  });

  it('forgets what was a minute ago', () => {
    const old = told(Array<boolean>(9).fill(true));
    expect(afterOutcome(old.breaker, true, NOW + 60_000).change).toBeNull();
    expect(afterOutcome(old.breaker, true, NOW + 59_999).change).toMatchObject({ is: 'opened' });
  });

  it('closes with the trial that succeeds, and knows nothing then', () => {
    const { breaker } = told(Array<boolean>(10).fill(true));
    expect(afterOutcome(breaker, false, NOW + 30_000)).toEqual({ breaker: CLOSED, change: { is: 'closed' } });
  });

  it('stays open for as long again with a trial that fails', () => {
    const { breaker } = told(Array<boolean>(10).fill(true));
    const tried = afterOutcome(breaker, true, NOW + 30_000);
    expect(tried.change).toBeNull();
    expect(isOpen(tried.breaker, NOW + 59_999)).toBe(true);
    expect(isOpen(tried.breaker, NOW + 60_000)).toBe(false);
  });

  it('judges a busy sender by its latest hundred', () => {
    const busy = told([...Array<boolean>(1000).fill(false), ...Array<boolean>(49).fill(true)]);
    expect([busy.change, busy.breaker.outcomes.length]).toEqual([null, 100]);
    expect(told([true], busy.breaker).change).toMatchObject({ is: 'opened', failures: 50, of: 100 });
  });

  it('never opens while fewer than half fail, and always remembers little', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 60 }), (outcomes) => {
        let state: ReturnType<typeof afterOutcome> = { breaker: CLOSED, change: null };
        outcomes.forEach((failed, index) => {
          state = afterOutcome(state.breaker, failed, NOW + index * 10_000);
          expect(state.breaker.outcomes.length).toBeLessThanOrEqual(6);
          // six within a minute are never ten
          expect(state.change).toBeNull();
        });
      }),
    );
  });
});
