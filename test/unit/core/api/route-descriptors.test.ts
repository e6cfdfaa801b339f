import test from 'ava';
import { ERROR_DESCRIPTORS } from '../../../../core/api/error-descriptors.ts';
import type { MethodDescriptor, RouteDescriptor, RouteMethod } from '../../../../core/api/route-descriptor.ts';
import { ROUTES, type RouteName } from '../../../../core/api/route-descriptors.ts';

const METHODS: Record<RouteName, RouteMethod[]> = {
  base: ['GET', 'HEAD'],
  catalog: ['GET', 'HEAD'],
  tags: ['GET', 'HEAD'],
  manifest: ['GET', 'HEAD', 'PUT', 'DELETE'],
  referrers: ['GET', 'HEAD'],
  blob: ['GET', 'HEAD', 'DELETE'],
  'blob-upload': ['POST'],
  'blob-upload-chunk': ['GET', 'HEAD', 'PATCH', 'PUT', 'DELETE'],
  'admin-jobs': ['GET', 'HEAD'],
  'admin-job-run': ['POST', 'DELETE'],
  'admin-job-events': ['GET', 'HEAD'],
  'admin-quarantine': ['GET', 'HEAD'],
  'admin-quarantined': ['DELETE'],
  'admin-quarantine-release': ['POST'],
  'admin-repository': ['DELETE'],
  'admin-repository-changes': ['GET', 'HEAD', 'POST', 'DELETE'],
  'admin-repository-change': ['GET', 'HEAD'],
  'admin-trash': ['GET', 'HEAD', 'DELETE'],
  'admin-trash-swept': ['GET', 'HEAD'],
  'admin-trash-restore': ['POST'],
  'admin-tag-history': ['GET', 'HEAD'],
  'admin-tag-digest': ['GET', 'HEAD'],
  'admin-tag-restore': ['POST'],
  'admin-uploads': ['GET', 'HEAD'],
  'admin-upload': ['DELETE'],
};

test('every route has exactly the methods of the API', (t) => {
  t.deepEqual(
    Object.fromEntries(ROUTES.map(({ name, methods }) => [name, methods.map(({ method }) => method)])),
    METHODS,
  );
});

test('a route says that it has a repository exactly when its path has a name, or that its query may name one', (t) => {
  for (const { name, path, repository } of ROUTES as readonly RouteDescriptor[])
    t.is(path.includes('<name>'), repository === true, name);
});

test('exactly the routes of administration are below its root, and need an administrator', (t) => {
  for (const { name, path, methods, repository } of ROUTES as readonly RouteDescriptor[]) {
    const isAdmin = name.startsWith('admin-');
    t.is(path.startsWith('/v2/_ext/admin/'), isAdmin, name);
    for (const { access, request, method } of methods) {
      t.is(access === 'admin', isAdmin, `${method} ${name}`);
      const isNamed = request.query.some((parameter) => parameter.name === 'repository');
      t.is(isNamed, repository === 'query', `${method} ${name}`);
    }
  }
});

test('a route without a repository never asks for access to one, and a route with one always does', (t) => {
  for (const route of ROUTES as readonly RouteDescriptor[]) {
    for (const { method, access } of route.methods) {
      const isAsked = access === 'pull' || access === 'push' || access === 'delete';
      t.is(isAsked, route.repository === true, `${method} ${route.path}`);
    }
  }
});

function methodOf(name: RouteName, method: RouteMethod): MethodDescriptor {
  const route: RouteDescriptor | undefined = ROUTES.find((candidate) => candidate.name === name);
  const found = route?.methods.find((candidate) => candidate.method === method);
  if (found === undefined) throw new Error(`no ${method} ${name}`);
  return found;
}

function statusesOf(name: RouteName, method: RouteMethod): number[] {
  const { successes, failures } = methodOf(name, method);
  const statuses = [
    ...successes.map(({ status }) => status),
    ...failures.map(({ code }) => ERROR_DESCRIPTORS[code].status),
  ];
  return [...new Set(statuses)].sort((a, b) => a - b);
}

// distribution-spec, "Endpoints", with the statuses of Range, of conditional requests and of redirects. Without the 404
// of end-4b, end-7 and end-11: a push creates its repository. Without that of end-12: a missing subject has no
// referrers.
const ENDPOINTS: [string, RouteName, RouteMethod, number[]][] = [
  ['end-1', 'base', 'GET', [200, 401]],
  ['end-2', 'blob', 'GET', [200, 206, 304, 307, 404, 416]],
  ['end-2', 'blob', 'HEAD', [200, 304, 307, 404]],
  ['end-3', 'manifest', 'GET', [200, 304, 404]],
  ['end-3', 'manifest', 'HEAD', [200, 304, 404]],
  ['end-4a, end-4b and end-11', 'blob-upload', 'POST', [201, 202, 400]],
  ['end-5', 'blob-upload-chunk', 'PATCH', [202, 404, 416]],
  ['end-6', 'blob-upload-chunk', 'PUT', [201, 400, 404, 416]],
  ['end-7', 'manifest', 'PUT', [201, 400, 413, 414]],
  ['end-8', 'tags', 'GET', [200, 404]],
  ['end-9', 'manifest', 'DELETE', [202, 400, 404, 405]],
  ['end-10', 'blob', 'DELETE', [202, 400, 404, 405]],
  ['end-12', 'referrers', 'GET', [200, 400]],
  ['end-13', 'blob-upload-chunk', 'GET', [204, 404]],
  ['end-14', 'blob-upload-chunk', 'DELETE', [204, 400, 404]],
];

for (const [endpoint, name, method, statuses] of ENDPOINTS) {
  test(`${method} ${name} has every status of ${endpoint}`, (t) => {
    const declared = statusesOf(name, method);
    t.deepEqual(
      statuses.filter((status) => !declared.includes(status)),
      [],
    );
  });
}

test('every answer has a status of the kind that its place in the table states', (t) => {
  for (const { name, methods } of ROUTES as readonly RouteDescriptor[]) {
    for (const { method, successes, failures } of methods) {
      t.true(successes.length > 0, `${method} ${name}`);
      t.true(
        successes.every(({ status }) => status >= 200 && status < 400),
        `${method} ${name}`,
      );
      const codes = failures.map(({ code }) => code);
      t.is(new Set(codes).size, codes.length, `${method} ${name} names a failure twice`);
    }
  }
});

test('a HEAD declares nothing that its GET does not', (t) => {
  const hasHead = ({ methods }: RouteDescriptor): boolean => methods.some(({ method }) => method === 'HEAD');
  for (const { name } of ROUTES.filter(hasHead)) {
    const get = statusesOf(name, 'GET');
    t.deepEqual(
      statusesOf(name, 'HEAD').filter((status) => !get.includes(status)),
      [],
      name,
    );
    t.is(methodOf(name, 'HEAD').access, methodOf(name, 'GET').access, name);
  }
});

test('cancelling an upload does not need the right to delete, which the tokens of docker and skopeo lack', (t) => {
  t.is(methodOf('blob-upload-chunk', 'DELETE').access, 'push');
});

test('every method of a repository can be refused for a bad name, bad credentials and missing rights', (t) => {
  for (const route of ROUTES as readonly RouteDescriptor[]) {
    for (const { method, failures } of route.methods) {
      const codes = failures.map(({ code }) => code);
      t.true(codes.includes('UNAUTHORIZED') && codes.includes('DENIED'), `${method} ${route.path}`);
      t.is(codes.includes('NAME_INVALID'), route.repository !== false, `${method} ${route.path}`);
    }
  }
});
