import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anything, integer, issuesOf, listOf, oneOf, optional, text } from '../../src/core/input.ts';

describe('a rule', () => {
  it('for a text counts its characters', () => {
    const rule = text(3);
    for (const right of ['a', 'abc']) expect(rule(right)).toBeNull();
    for (const wrong of ['', 'abcd', 5, null, undefined, ['a'], new String('a'), {}]) expect(rule(wrong)).toEqual(expect.any(String));
    expect(text(3, 0)('')).toBeNull();
  });

  it('for one of several compares exactly', () => {
    const rule = oneOf(['a', true]);
    expect([rule('a'), rule(true)]).toEqual([null, null]);
    for (const wrong of ['A', 'a ', 'true', 1, ['a'], undefined]) expect(rule(wrong)).toEqual(expect.any(String));
  });

  it('for a whole number takes no other', () => {
    const rule = integer(1);
    for (const right of [1, 2, Number.MAX_SAFE_INTEGER]) expect(rule(right)).toBeNull();
    for (const wrong of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, '1', 1n, null])
      expect(rule(wrong)).toEqual(expect.any(String));
  });

  it('for a list judges each of it', () => {
    const rule = listOf(text(2), 2);
    for (const right of [[], ['a'], ['a', 'bb']]) expect(rule(right)).toBeNull();
    for (const wrong of ['ab', { length: 0 }, ['a', 'b', 'c'], ['abc'], ['a', 7], null]) expect(rule(wrong)).toEqual(expect.any(String));
  });

  it('that is optional minds an undefined no more than an absent value, and minds null', () => {
    expect(optional(text(2))(undefined)).toBeNull();
    expect(optional(text(2))(null)).toEqual(expect.any(String));
    expect(optional(text(2))('abc')).toEqual(expect.any(String));
  });
});

describe('the issues of an input', () => {
  const shape = { name: text(5), age: optional(integer(0)), more: anything };

  it('are those of the shape, then what is no argument', () => {
    const issues = issuesOf({ stranger: 1, age: -1, other: undefined }, shape);
    expect(issues.map((issue) => issue.path)).toEqual(['name', 'age', 'stranger', 'other']);
    expect(issuesOf({ name: 'Ada', more: Symbol('x') }, shape)).toEqual([]);
  });

  it('name what is inherited by every object as no argument', () => {
    const hostile = JSON.parse('{"name":"Ada","__proto__":{"age":1},"constructor":1,"hasOwnProperty":1}');
    expect(
      issuesOf(hostile, shape)
        .map((issue) => issue.path)
        .toSorted(),
    ).toEqual(['__proto__', 'constructor', 'hasOwnProperty']);
  });

  it('are found in whatever object', () => {
    fc.assert(
      fc.property(fc.object(), (input) => {
        const paths = issuesOf(input, shape).map((issue) => issue.path);
        const strangers = Object.keys(input).filter((key) => !['name', 'age', 'more'].includes(key));
        expect(paths).toEqual(expect.arrayContaining(strangers));
      }),
    );
  });
});
