import { ADMIN_ROOT } from './admin-root.ts';
import { ROUTES, type Route, type RouteName } from './route-descriptors.ts';

type ParameterName<Path extends string> = Path extends `${string}<${infer Name}>${infer Rest}`
  ? Name | ParameterName<Rest>
  : never;

/** The values in a path for the parameters `<…>` in the template of the route `Name`. */
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
 * Compiles `template` to an expression. `<name>` takes as many segments as it can, any other parameter takes one, so a
 * path is matched from the right: a repository may be called `a/blobs/uploads` or `a/manifests`. If the template ends
 * with a slash, the path may omit it.
 */
export function compileRoutePattern(template: string): RegExp {
  const source = template
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replace(PARAMETER, (_, parameter: string) => (parameter === 'name' ? '(?<name>.+)' : `(?<${parameter}>[^/]+)`))
    .replace(/\/$/, '/?');
  return new RegExp(`^${source}$`);
}

/** The parameter names of a template, in order. */
export function parametersOf(template: string): string[] {
  return Array.from(template.matchAll(PARAMETER), ([, parameter = '']) => parameter);
}

/** More than the parameters of any route. */
const ADMIN_LEAD = 100;

/** How the paths of a route are recognised and split. */
export interface RoutePattern {
  readonly route: Route;
  readonly pattern: RegExp;
  /** The names of the pattern's groups, in order. */
  readonly parameters: readonly string[];
}

/**
 * The patterns of all routes in the order in which they are tried. `…/blobs/uploads` could also be a blob with the
 * digest `uploads`, so the route that spells out more of the path, with fewer parameters, comes first. Those of
 * administration come before all others, as those of extensions do.
 */
export const ROUTE_PATTERNS: readonly RoutePattern[] = ROUTES.map((route) => ({
  route,
  pattern: compileRoutePattern(route.path),
  parameters: parametersOf(route.path),
})).sort((a, b) => rankOf(a) - rankOf(b));

function rankOf({ route, parameters }: RoutePattern): number {
  return parameters.length - (route.path.startsWith(ADMIN_ROOT) ? ADMIN_LEAD : 0);
}

// A proxy that resolves `.` and `..` (RFC 3986 section 6.2.2.3) would see a different path than this registry.
const DOT_SEGMENT = /\/(?:\.|%2e){1,2}(?:\/|$)/i;

/** Whether a path has dot segments, escaped or not; no route has such a path. */
export function hasDotSegment(path: string): boolean {
  return DOT_SEGMENT.test(path);
}

/**
 * Percent-decodes a path or part of one, once and as a whole, so `a%2Fb` becomes `a/b`. A text with a malformed escape,
 * or with one that is not UTF-8, stays as it is; no grammar of this API allows a `%`.
 */
export function decodePath(path: string): string {
  if (!path.includes('%')) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** The parameters of a path, unparsed, from the groups that its pattern captured. */
export function routeParameters(
  { parameters }: Pick<RoutePattern, 'parameters'>,
  captures: readonly (string | undefined)[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(parameters.map((parameter, index) => [parameter, captures[index] ?? '']));
}

/** The route for a request path, given as sent but without its query; `undefined` when no route matches. */
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
