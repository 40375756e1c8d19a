import type { HttpRequest, HttpResponse } from './message.ts';
import { refusal } from './problem.ts';
import type { Route } from './routes.ts';

/** The query of a request target, with its question mark; `''` for none. */
export function searchOf(target: string): string {
  const at = target.indexOf('?');
  return at === -1 ? '' : target.slice(at);
}

/** All that stands at one path. */
export interface Path {
  readonly path: string;
  readonly routes: readonly Route[];
  /** The methods that no row takes, which {@link refuse} answers. */
  readonly others: readonly Method[];
  readonly refuse: (request: Pick<HttpRequest, 'method'>) => HttpResponse;
}

type Method = (typeof METHODS)[number];

/** The methods that a host may be asked for. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

/** The rows by path, with an answer for the methods that no row takes: 405, or 204 for OPTIONS, each with `Allow`. */
export function pathsOf(routes: readonly Route[]): readonly Path[] {
  return [...new Set(routes.map((route) => route.path))].map((path) => {
    const here = routes.filter((route) => route.path === path);
    const taken: readonly string[] = here.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
    const others = METHODS.filter((method) => !taken.includes(method));
    const allow = [...taken, 'OPTIONS'].join(', ');
    const refuse: Path['refuse'] = ({ method }) =>
      method === 'OPTIONS'
        ? { status: 204, headers: { 'cache-control': 'no-store', allow }, setCookies: [], body: null }
        : refusal(405, `The method must be one of ${allow}.`, { allow });
    return { path, routes: here, others, refuse };
  });
}

/** What answers a request: a row with the named segments of its path, or a refusal of its method. */
export interface Match {
  readonly params: Readonly<Record<string, string>>;
  /** GET, HEAD and refusals leave the body unread. */
  readonly readsBody: boolean;
  readonly handle: (request: HttpRequest) => Promise<HttpResponse>;
}

/** Finds what answers a request; `null` for a path that is none of ours. */
export function matcherOf(routes: readonly Route[]): (method: string, path: string) => Match | null {
  const paths = pathsOf(routes);
  const fixed = new Map(paths.filter(({ path }) => !path.includes(':')).map((entry) => [entry.path, entry]));
  const patterns = paths.filter(({ path }) => path.includes(':')).map((entry) => ({ entry, pattern: patternOf(entry.path) }));
  return (method, path) => {
    const exact = fixed.get(path);
    if (exact !== undefined) return matchAt(exact, method, {});
    for (const { entry, pattern } of patterns) {
      const found = pattern.exec(path);
      if (found === null) continue;
      const params = Object.fromEntries(Object.entries(found.groups ?? {}).map(([name, segment]) => [name, decoded(segment)]));
      return matchAt(entry, method, params);
    }
    return null;
  };
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/:(\w+)/g, '(?<$1>[^/]+)')}$`);
}

function matchAt({ routes, refuse }: Path, method: string, params: Match['params']): Match {
  const taken = method === 'HEAD' ? 'GET' : method;
  const route = routes.find((row) => row.method === taken);
  if (route === undefined) return { params, readsBody: false, handle: async (request) => refuse(request) };
  return { params, readsBody: route.method !== 'GET', handle: route.handle };
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
