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

// `…/blobs/uploads` is also what a blob with the digest `uploads` would have: the route that spells out more of the
// path, which is the one with fewer parameters, goes first.
const PATTERNS = ROUTES.map((route) => ({
  route,
  pattern: compileRoutePattern(route.path),
  parameters: Array.from(route.path.matchAll(PARAMETER), ([, parameter = '']) => parameter),
})).sort((a, b) => a.parameters.length - b.parameters.length);

// Whoever resolves `.` and `..` on the way (RFC 3986 section 6.2.2.3) sees another path than this registry would.
const DOT_SEGMENT = /\/(?:\.|%2e){1,2}(?:\/|$)/i;

/**
 * The route of a request's path, as it was sent and without query; `undefined` when there is none, which a path with
 * dot segments never has. The parameters are percent-decoded, except `name`, where an escape is never legal; one
 * with a malformed escape stays as it is. All are still to be parsed: no grammar has a `%`.
 */
export function matchRoute(path: string): RouteMatch | undefined {
  if (DOT_SEGMENT.test(path)) return undefined;
  for (const { route, pattern, parameters } of PATTERNS) {
    const match = pattern.exec(path);
    if (match === null) continue;
    const values = match.groups ?? {};
    for (const parameter of parameters) {
      const value = values[parameter];
      if (parameter !== 'name' && value?.includes('%') === true) values[parameter] = decodeSegment(value);
    }
    // The groups of the pattern are the parameters of the template that it was compiled from.
    return { route, parameters: values as RouteParameters };
  }
  return undefined;
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
