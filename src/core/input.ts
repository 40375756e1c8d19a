/** Says what is wrong with one value, or `null`. */
export type Rule = (value: unknown) => string | null;

/** One rule per key; a key without a rule is not an argument. */
export type Shape = Readonly<Record<string, Rule>>;

/** A string of so many characters. */
export function text(max: number, min = 1): Rule {
  return (value) => {
    if (typeof value !== 'string') return 'must be a string';
    return value.length >= min && value.length <= max ? null : `must have ${min} to ${max} characters`;
  };
}

/** One of a closed set. */
export function oneOf(values: readonly unknown[]): Rule {
  return (value) => (values.includes(value) ? null : `must be one of ${values.map(String).join(', ')}`);
}

/** A whole number of at least `min`. */
export function integer(min: number): Rule {
  return (value) => (Number.isSafeInteger(value) && (value as number) >= min ? null : `must be an integer of at least ${min}`);
}

/** A list of such values. */
export function listOf(rule: Rule, max: number): Rule {
  return (value) => {
    if (!Array.isArray(value)) return 'must be an array';
    if (value.length > max) return `must have at most ${max} entries`;
    return value.map(rule).find((problem) => problem !== null) ?? null;
  };
}

/** Absent, or as the rule says. */
export function optional(rule: Rule): Rule {
  return (value) => (value === undefined ? null : rule(value));
}

/** Anything; somebody else judges it. */
export const anything: Rule = () => null;

/** What is wrong with an object of arguments, in the order of the shape, then the keys that are no arguments. */
export function issuesOf(input: object, shape: Shape): readonly { readonly path: string; readonly message: string }[] {
  const values = input as Readonly<Record<string, unknown>>;
  const wrong = Object.entries(shape).flatMap(([path, rule]) => {
    const message = rule(values[path]);
    return message === null ? [] : [{ path, message }];
  });
  const unknown = Object.keys(input).filter((key) => !Object.hasOwn(shape, key));
  return [...wrong, ...unknown.map((path) => ({ path, message: 'is not an argument' }))];
}
