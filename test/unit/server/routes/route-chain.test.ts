import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import Koa from 'koa';
import type { RouteDescriptor } from '../../../../core/api/route-descriptor.ts';
import { UnauthorizedError } from '../../../../core/model/errors.ts';
import type { Access, AccessController, Grant } from '../../../../core/ports/access-controller.ts';
import { errorResponder } from '../../../../server/http/error-responder.ts';
import type { HttpSettings } from '../../../../server/http/http-settings.ts';
import { requestScope } from '../../../../server/http/request-scope.ts';
import { handledRoute } from '../../../../server/routes/handled-route.ts';
import { routeChain } from '../../../../server/routes/route-chain.ts';
import type { RouteState } from '../../../../server/routes/steps/route-step.ts';
import { assertError } from '../../../helpers/http/assert-error.ts';
import { type Answer, ask } from '../../../helpers/http/http-request.ts';
import { noAudit } from '../../../helpers/http/no-audit.ts';
import { scopeServices } from '../../../helpers/http/scope-services.ts';

const SETTINGS: HttpSettings = {
  urls: { prefix: '', relative: false },
  headers: {},
  maxManifestBytes: 1,
  idleMs: 120_000,
  maxCatalogEntries: 1,
  maxTags: 1,
  deleteEnabled: true,
  readOnly: false,
  storageReadOnly: false,
  redirect: false,
  secrets: [],
};

const LOG = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

class RecordingController implements AccessController {
  readonly asked: (readonly Access[])[] = [];
  readonly #refuses: boolean;

  constructor(refuses = false) {
    this.#refuses = refuses;
  }

  async authorize(_request: unknown, accesses: readonly Access[]): Promise<Grant> {
    this.asked.push(accesses);
    if (this.#refuses) throw new UnauthorizedError('Basic realm="test"');
    return { actor: { name: 'ada' } };
  }
}

function fakeRoute(part: Pick<RouteDescriptor, 'repository' | 'path'>, access: 'pull' | 'catalog' | 'none') {
  const method = {
    method: 'GET',
    description: '',
    access,
    request: { headers: [], query: [] },
    successes: [],
    failures: [],
  };
  return { name: 'fake', entity: 'Fake', description: '', methods: [method], ...part } as RouteDescriptor;
}

/** Sends GET to a route with these parameters; returns the answer and how often the handler has run. */
async function dispatch(
  t: ExecutionContext,
  {
    route,
    controller,
    parameters,
  }: { route: RouteDescriptor; controller: AccessController; parameters: Record<string, string> },
): Promise<{ answer: Answer; runs: number }> {
  let runs = 0;
  const handlers = {
    GET: async ({ ctx }: { ctx: Koa.Context }) => {
      runs += 1;
      ctx.body = 'handled';
    },
  };
  const chain = routeChain(handledRoute(route, handlers), {
    ...{ controller, settings: SETTINGS, metrics: undefined, audit: noAudit() },
  });
  const app = new Koa<RouteState>();
  app.use(requestScope(scopeServices(LOG), { headers: {} }));
  app.use(errorResponder(async () => undefined));
  app.use((ctx, next) => {
    ctx.state.parameters = parameters;
    return next();
  });
  app.use(chain);
  const server: Server = createServer((request, response) => void app.callback()(request, response)).listen(
    0,
    '127.0.0.1',
  );
  t.teardown(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { answer: await ask({ address }, 'GET', '/fake'), runs };
}

test('a route of a repository whose path gives no name is refused, and its handler does not run', async (t) => {
  const controller = new RecordingController();
  const route = fakeRoute({ repository: true, path: '/v2/<name>/fake' }, 'pull');
  const { answer, runs } = await dispatch(t, { route, controller, parameters: {} });
  assertError(t, answer, 403, 'DENIED');
  t.is(runs, 0);
  t.deepEqual(controller.asked, []);
});

test('a route that declares no repository and needs access to one is refused, and its handler does not run', async (t) => {
  const controller = new RecordingController();
  const route = fakeRoute({ repository: false, path: '/v2/fake' }, 'pull');
  const { answer, runs } = await dispatch(t, { route, controller, parameters: { name: 'app' } });
  assertError(t, answer, 403, 'DENIED');
  t.is(runs, 0);
});

test('a route that declares no repository needs authentication only', async (t) => {
  const controller = new RecordingController();
  const route = fakeRoute({ repository: false, path: '/v2/fake' }, 'none');
  const { answer, runs } = await dispatch(t, { route, controller, parameters: {} });
  t.is(answer.text, 'handled');
  t.is(runs, 1);
  t.deepEqual(controller.asked, [[]]);
});

test('the handler runs once if the access controller has agreed, and otherwise not at all', async (t) => {
  const route = fakeRoute({ repository: true, path: '/v2/<name>/fake' }, 'pull');
  for (const refuses of [false, true]) {
    const controller = new RecordingController(refuses);
    const { answer, runs } = await dispatch(t, { route, controller, parameters: { name: 'a/b' } });
    t.is(answer.status, refuses ? 401 : 200);
    t.is(runs, refuses ? 0 : 1);
    t.deepEqual(controller.asked, [[{ type: 'repository', name: 'a/b', action: 'pull' }]]);
  }
});

test('an error of the access controller itself refuses the request', async (t) => {
  const route = fakeRoute({ repository: true, path: '/v2/<name>/fake' }, 'pull');
  const controller: AccessController = { authorize: () => Promise.reject(new TypeError('a defect')) };
  const { answer, runs } = await dispatch(t, { route, controller, parameters: { name: 'app' } });
  assertError(t, answer, 500, 'UNKNOWN');
  t.is(runs, 0);
});

test('a route whose handlers do not match its descriptor cannot be built', (t) => {
  const route = fakeRoute({ repository: false, path: '/v2/fake' }, 'none');
  t.throws(() => handledRoute(route, {}), { message: /fake describes the methods GET, but has handlers for / });
  const handler = async (): Promise<void> => undefined;
  t.throws(() => handledRoute(route, { GET: handler, PUT: handler }), { instanceOf: TypeError });
});
