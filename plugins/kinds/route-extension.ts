import { ROUTE_EXTENSION } from '../../core/ports/index.ts';
import { type KindContract, missingMembers } from './kind-contract.ts';

const NAME = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
const PATH = /^(?:\/|(?:\/(?:[A-Za-z0-9._~-]+|<[a-z]+>))+)$/;
const MOUNT = /^\/(?!\.{1,2}$)[A-Za-z0-9._~-]+$/;
const METHODS: ReadonlySet<unknown> = new Set(['GET', 'HEAD', 'POST', 'PATCH', 'PUT', 'DELETE']);
const ACCESSES: ReadonlySet<unknown> = new Set(['pull', 'push', 'delete', 'admin', 'catalog', 'none', 'public']);
const NEEDS_REPOSITORY: ReadonlySet<unknown> = new Set(['pull', 'push', 'delete']);

/** Adds routes below `/v2/_ext/<name>` or its mount: see `RouteExtension`. */
export const routeExtension: KindContract = {
  kind: 'route-extension',
  token: ROUTE_EXTENSION,
  tokenName: 'ROUTE_EXTENSION',
  noun: 'route extension',
  prefix: 'stowage-routes-',
  allows: 'many',
  builtIn: {},
  problems: (port) => {
    const missing = missingMembers(
      'route extension',
      port,
      new Map([
        ['name', 'string'],
        ['routes', 'object'],
      ]),
    );
    if (missing.length > 0) return missing;
    const { name, mount, routes } = port as {
      readonly name: string;
      readonly mount?: unknown;
      readonly routes: unknown;
    };
    if (!NAME.test(name))
      return [`its route extension has the name ${JSON.stringify(name)}; expected one such as "my-scan"`];
    if (mount !== undefined && !(typeof mount === 'string' && MOUNT.test(mount)))
      return [`its route extension is mounted at ${JSON.stringify(mount)}; expected one segment such as "/auth"`];
    if (!Array.isArray(routes) || routes.length === 0)
      return ['the routes of its route extension are not a list of routes'];
    return routes.flatMap((route: unknown) => routeProblems(fieldsOf(route)));
  },
};

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function routeProblems({ path, methods }: Fields): string[] {
  if (typeof path !== 'string' || !PATH.test(path) || /\/\.{1,2}(?:\/|$)/.test(path)) {
    return [`its route ${JSON.stringify(path)} is not a path; expected one such as "/<name>/reports/<id>"`];
  }
  const words = path.match(/<[a-z]+>/g) ?? [];
  if (new Set(words).size < words.length) return [`its route "${path}" names a part twice`];
  if (!Array.isArray(methods) || methods.length === 0) return [`its route "${path}" has no list of methods`];
  const all = methods.map(fieldsOf);
  const names = all.map(({ method }) => String(method));
  if (new Set(names).size < names.length) return [`its route "${path}" has a method twice`];
  return all.flatMap((method) => methodProblems(path, method));
}

function methodProblems(path: string, { method, access, handle }: Fields): string[] {
  const what = `its route "${path}"`;
  if (!METHODS.has(method))
    return [`${what} has the method ${JSON.stringify(method)}; expected one of ${list(METHODS)}`];
  if (!ACCESSES.has(access)) {
    return [
      `${what} requires the access ${JSON.stringify(access)} with ${String(method)}; expected one of ${list(ACCESSES)}`,
    ];
  }
  if (NEEDS_REPOSITORY.has(access) && !path.includes('<name>')) {
    return [`${what} requires "${String(access)}" without a repository; add <name> to its path`];
  }
  return typeof handle === 'function' ? [] : [`${what} has no handle() for ${String(method)}`];
}

function list(words: ReadonlySet<unknown>): string {
  return [...words].join(', ');
}
