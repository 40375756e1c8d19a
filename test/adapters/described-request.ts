import { readFileSync } from 'node:fs';
import type { ReceivedCall } from './provider-server.ts';

interface Schema {
  readonly $ref?: string;
  readonly type?: 'string' | 'integer' | 'number' | 'boolean' | 'array' | 'object';
  readonly format?: string;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly enum?: readonly unknown[];
  readonly example?: unknown;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
}

interface Operation {
  readonly parameters: readonly { readonly name: string; readonly schema: Schema }[];
  readonly requestBody: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
  readonly responses?: Readonly<
    Record<
      string,
      { readonly content: Readonly<Record<string, { readonly examples: Readonly<Record<string, { readonly value: unknown }>> }>> }
    >
  >;
  /** Of each group one member must be there. */
  readonly 'x-twilio'?: { readonly conditional: readonly (readonly string[])[] };
}

/** The parts of an OpenAPI document that a provider publishes which are used here. */
export interface Description {
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, { readonly post: Operation }>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
  readonly 'x-errors'?: Readonly<Record<string, unknown>>;
}

/** A description among the fixtures. */
export function descriptionIn(file: string): Description {
  return JSON.parse(readFileSync(new URL(`./fixtures/${file}`, import.meta.url), 'utf8'));
}

/** What is wrong with a call, by what the provider publishes: the place, the credentials, and each member of the form. */
export function faultsOf(description: Description, call: ReceivedCall): readonly string[] {
  const { servers, paths } = description;
  const [path, operation] = Object.entries(paths).find(([template]) => pathPattern(template).test(call.url.pathname)) ?? [];
  if (operation === undefined || path === undefined) return [`no path is ${call.url.pathname}`];
  const { post } = operation;
  const [contentType = '', content] = Object.entries(post.requestBody.content)[0] ?? [];
  const schema = resolved(description, content?.schema ?? {});
  const values = pathPattern(path).exec(call.url.pathname)?.slice(1) ?? [];
  return [
    ...(call.method === 'POST' ? [] : [`${call.method} is not POST`]),
    ...(servers.some(({ url }) => url === call.url.origin) ? [] : [`${call.url.origin} is no server`]),
    ...(call.url.search === '' ? [] : ['there is a query']),
    ...post.parameters.flatMap(({ name, schema }, index) => problemsOf(name, schema, values[index] ?? '')),
    ...(/^Basic [A-Za-z\d+/]+=*$/.test(call.headers.authorization ?? '') ? [] : ['there are no Basic credentials']),
    ...(call.headers['content-type'] === contentType ? [] : [`${call.headers['content-type']} is not ${contentType}`]),
    ...repeatedIn(call.body).map((name) => `${name} comes twice`),
    ...(schema.required ?? []).filter((name) => !Object.hasOwn(call.form, name)).map((name) => `${name} is missing`),
    ...conditionsOf(post).flatMap((names) => (names.some((name) => Object.hasOwn(call.form, name)) ? [] : [`none is there of ${names}`])),
    ...Object.entries(call.form).flatMap(([name, value]) => {
      const member = schema.properties?.[name];
      return member === undefined ? [`${name} is not described`] : problemsOf(name, resolved(description, member), value);
    }),
  ];
}

/** The example of an answer that an operation publishes. */
export function exampleOf(description: Description, path: string, status: string, name: string): Readonly<Record<string, unknown>> {
  const example = description.paths[path]?.post.responses?.[status]?.content['application/json']?.examples[name];
  if (example === undefined) throw new Error(`there is no example ${name} at ${path}`);
  return Object(example.value);
}

/** An object of the examples of a schema's members. */
export function exampleOfSchema({ components }: Description, name: string): Readonly<Record<string, string>> {
  const members = Object.entries(components.schemas[name]?.properties ?? {});
  return Object.fromEntries(members.map(([member, { example }]) => [member, String(example)]));
}

function pathPattern(template: string): RegExp {
  return new RegExp(`^${template.replaceAll('.', '\\.').replace(/\{\w+\}/g, '([^/]+)')}$`);
}

function resolved({ components }: Description, schema: Schema): Schema {
  const name = schema.$ref?.split('/').at(-1);
  return name === undefined ? schema : (components.schemas[name] ?? {});
}

function repeatedIn(body: string): readonly string[] {
  const names = [...new URLSearchParams(body).keys()];
  return names.filter((name, index) => names.indexOf(name) !== index);
}

// The names are written in another way there than in requests.
function conditionsOf({ 'x-twilio': extension }: Operation): readonly (readonly string[])[] {
  return (extension?.conditional ?? []).map((names) =>
    names.map((name) => name.replace(/(^|_)[a-z]/g, (start) => start.slice(-1).toUpperCase())),
  );
}

function problemsOf(name: string, schema: Schema, value: string): readonly string[] {
  const { type, format, pattern, minLength = 0, maxLength = Number.POSITIVE_INFINITY, enum: words } = schema;
  const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = schema;
  const holds = [
    value.length >= minLength && value.length <= maxLength,
    pattern === undefined || new RegExp(pattern).test(value),
    words === undefined || words.map(String).includes(value),
    type !== 'boolean' || value === 'true' || value === 'false',
    type !== 'integer' || (/^-?\d+$/.test(value) && Number(value) >= minimum && Number(value) <= maximum),
    FORMATS[format ?? '']?.(value) ?? true,
  ];
  return holds.every(Boolean) ? [] : [`${name} must not be ${value}`];
}

// What the texts of the descriptions say of these formats.
const FORMATS: Readonly<Record<string, (value: string) => boolean>> = {
  uri: (value) => URL.canParse(value) && !new URL(value).hostname.includes('_'),
  'phone-number': (value) => /^((whatsapp:)?\+[1-9]\d{1,14}|\d{3,8}|[\w &+-]{1,11})$/.test(value),
  endpoint: (value) => /^\+[1-9]\d{1,14}$/.test(value),
  twiml: (value) => value.length <= 4000 && /^<Response>.*<\/Response>$/s.test(value),
};
