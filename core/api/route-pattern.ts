import { ROUTES, type Route, type RouteName } from './route-descriptors.ts';

type ParameterName<Path extends string> = Path extends `${string}<${infer Name}>${infer Rest}`
  ? Name | ParameterName<Rest>
  : never;

/** What stands in a path for the `<…>` of the template of the route `Name`. */
export type RouteParameters<Name extends RouteName = RouteName> = {
  [N in Name]: Readonly<Record<ParameterName<Extract<Route, { name: N }>['path']>, string>>;
}[Name];

/** A path that belongs to the route `Name`. */
export interface RouteMatch<Name extends RouteName = RouteName> {
  readonly route: Extract<Route, { name: Name }>;
  readonly parameters: RouteParameters<Name>;
}

const PARAMETER = /<([a-z]+)>/g;

/**
 * The expression that `template` stands for. `<name>` takes as many segments as it can, any other parameter one,
 * so that a path is read from its right end: a repository may be called `a/blobs/uploads` or `a/manifests`.
 * A slash at the end of a template may be absent from the path.
 */
export function compileRoutePattern(template: string): RegExp {
  const source = template
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replace(PARAMETER, (_, parameter: string) => (parameter === 'name' ? '(?<name>.+)' : `(?<${parameter}>[^/]+)`))
    .replace(/\/$/, '/?');
  return new RegExp(`^${source}$`);
}

/** The names of the parameters of a template, in their order. */
export function parametersOf(template: string): string[] {
  return Array.from(template.matchAll(PARAMETER), ([, parameter = '']) => parameter);
}

/** How the paths of a route are known and taken apart. */
export interface RoutePattern {
  readonly route: Route;
  readonly pattern: RegExp;
  /** The names of the pattern's groups, in their order. */
  readonly parameters: readonly string[];
}

/**
 * The patterns of all routes in the order in which they are to be tried: `…/blobs/uploads` is also what a blob with
 * the digest `uploads` would have, so the route that spells out more of the path, with fewer parameters, goes first.
 */
export const ROUTE_PATTERNS: readonly RoutePattern[] = ROUTES.map((route) => ({
  route,
  pattern: compileRoutePattern(route.path),
  parameters: parametersOf(route.path),
})).sort((a, b) => a.parameters.length - b.parameters.length);

// Whoever resolves `.` and `..` on the way (RFC 3986 section 6.2.2.3) sees another path than this registry would.
const DOT_SEGMENT = /\/(?:\.|%2e){1,2}(?:\/|$)/i;

/** Whether a path has dot segments, escaped or not, which no route's path has. */
export function hasDotSegment(path: string): boolean {
  return DOT_SEGMENT.test(path);
}

/**
 * The text that a path, or a part of one, stands for: percent-decoded once, as a whole, so that `a%2Fb` is `a/b`. A
 * text with a malformed escape, or with one that is no UTF-8, stays as it is; no grammar of this API has a `%`.
 */
export function decodePath(path: string): string {
  if (!path.includes('%')) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** The parameters of a path, still to be parsed, by the groups that its pattern captured. */
export function routeParameters(
  { parameters }: Pick<RoutePattern, 'parameters'>,
  captures: readonly (string | undefined)[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(parameters.map((parameter, index) => [parameter, captures[index] ?? '']));
}

/** The route of a request's path, as it was sent and without query; `undefined` when there is none. */
export function matchRoute(path: string): RouteMatch | undefined {
  const decoded = decodePath(path);
  if (hasDotSegment(decoded)) return undefined;
  for (const candidate of ROUTE_PATTERNS) {
    const match = candidate.pattern.exec(decoded);
    if (match === null) continue;
    // The groups of the pattern are the parameters of the template that it was compiled from.
    return { route: candidate.route, parameters: routeParameters(candidate, match.slice(1)) as RouteParameters };
  }
  return undefined;
}
