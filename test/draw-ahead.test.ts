import { afterEach, describe, expect, it, vi } from 'vitest';
import { drawAhead } from '../src/draw-ahead.ts';

afterEach(() => void vi.restoreAllMocks());

/** Every byte that the source gives is the next number, and what was handed out stays where it is. */
function counting() {
  let next = 1;
  const given: Uint8Array[] = [];
  vi.spyOn(crypto, 'getRandomValues').mockImplementation((array) => {
    const bytes = array as unknown as Uint8Array;
    for (let i = 0; i < bytes.length; i++) bytes[i] = next++ % 251;
    given.push(bytes);
    return array;
  });
  return given;
}

describe('bytes that are drawn ahead', () => {
  it('are as many as were asked for, each drawn once', () => {
    const given = counting();
    const draw = drawAhead();
    const all = Array.from({ length: 100 }, (_, i) => draw(i % 41));
    expect(all.map((bytes) => bytes.length)).toEqual(all.map((_, i) => i % 41));
    expect(given.length).toBe(2);
    const flat = all.flatMap((bytes) => [...bytes]);
    // nothing is skipped but the rest of a pool that was too short
    const at = flat.findIndex((byte, i) => i > 0 && byte !== ((flat[i - 1] ?? 0) + 1) % 251);
    expect(at).toBeGreaterThan(1024 - 41);
    expect(flat.slice(at).every((byte, i) => i === 0 || byte === ((flat[at + i - 1] ?? 0) + 1) % 251)).toBe(true);
  });

  it('are forgotten by the source, and belong to whoever asked', () => {
    const given = counting();
    const draw = drawAhead();
    const [first, second] = [draw(32), draw(16)];
    expect([...(given[0] ?? [])].slice(0, 48)).toEqual(Array(48).fill(0));
    first.fill(0);
    expect([...second]).toEqual(Array.from({ length: 16 }, (_, i) => i + 33));
  });

  it('may be more than are drawn ahead', () => {
    const draw = drawAhead();
    expect(draw(2000)).toHaveLength(2000);
    expect(new Set(draw(2000)).size).toBeGreaterThan(200);
  });

  it('differ from one source to another', () => {
    expect(drawAhead()(32)).not.toEqual(drawAhead()(32));
  });
});
