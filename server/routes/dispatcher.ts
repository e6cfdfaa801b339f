import { type RequestUrlOptions, urlBuilderFor } from '../../core/api/request-urls.ts';
import type { MethodDescriptor, RouteDescriptor } from '../../core/api/route-descriptor.ts';
import type { UrlBuilder } from '../../core/api/url-builder.ts';
import { RegistryError } from '../../core/model/errors.ts';
import { parseRepositoryName, type RepositoryName } from '../../core/model/reference.ts';
import type { Access, AccessController, Grant } from '../../core/ports/access-controller.ts';
import type { HttpSettings } from '../http/http-settings.ts';
import { queryOf } from '../http/query.ts';
import type { Context } from '../http/request-scope.ts';
import { sendEmpty } from '../http/responses.ts';

type AnyHandler = (exchange: never) => Promise<void>;

/** What the dispatcher has to know of a route. */
export type DispatchableRoute = Pick<RouteDescriptor, 'name' | 'repository'> & {
  readonly methods: readonly DispatchableMethod[];
};

type DispatchableMethod = Pick<MethodDescriptor, 'method' | 'access'>;

/** A route with what answers it. */
export interface DispatchedRoute {
  readonly route: DispatchableRoute;
  readonly handlers: Readonly<Record<string, AnyHandler | undefined>>;
  /** What is left of the route where nothing may change, as `Allow` lists it. */
  readonly readMethods: string;
}

/**
 * Puts a route together with its handlers.
 * @throws TypeError when one of its methods has none, or a handler no method
 */
export function dispatchedRoute(route: DispatchableRoute, handlers: DispatchedRoute['handlers']): DispatchedRoute {
  const described = route.methods.map(({ method }) => method).sort();
  const handled = Object.keys(handlers).sort();
  if (described.join() === handled.join()) return { route, handlers, readMethods: readMethodsOf(route) };
  throw new TypeError(`route ${route.name} is described for ${described.join()} and handled for ${handled.join()}`);
}

/**
 * Brings a routed request to its handler. OPTIONS is answered here. Any other method must exist, and the access controller
 * must grant what its descriptor asks for; only then the handler runs.
 */
export class Dispatcher {
  readonly #controller: AccessController;
  readonly #settings: HttpSettings;

  constructor(controller: AccessController, settings: HttpSettings) {
    this.#controller = controller;
    this.#settings = settings;
  }

  async dispatch(
    ctx: Context,
    { route, handlers, readMethods }: DispatchedRoute,
    parameters: Readonly<Record<string, string>>,
  ): Promise<void> {
    const name = repositoryOf(route, parameters);
    ctx.state.query = queryOf(ctx);
    if (ctx.method === 'OPTIONS') return this.#answerOptions(ctx, route);
    const method = route.methods.find((candidate) => candidate.method === ctx.method);
    const handler = handlers[ctx.method];
    const authorize = (accesses: readonly Access[]): Promise<Grant> =>
      this.#controller.authorize({ authorization: ctx.get('Authorization') || undefined }, accesses);
    const grant = await authorize(method === undefined ? [] : accessesOf(method, name));
    ctx.state.scope.user = grant.user;
    if (method === undefined || handler === undefined) throw notAllowed(ctx, route);
    this.#checkEnabled(ctx, route, method);
    ctx.state.scope.readMethods = readMethods;
    const urls = (): UrlBuilder => this.urls(ctx);
    // Most answers have no URL in them.
    const exchange = {
      ctx,
      parameters,
      name,
      authorize,
      call: ctx.state.scope,
      get urls() {
        return urls();
      },
    };
    // The parameters come from the pattern of this very route, whose handlers are typed by it.
    await handler(exchange as never);
  }

  /** The builder of the URLs in the answer to this request. */
  urls(ctx: Context): UrlBuilder {
    return urlBuilderFor(factsOf(ctx), this.#settings.urls);
  }

  // Browsers ask before they send credentials (CORS), so that nobody is asked for any.
  #answerOptions(ctx: Context, route: DispatchableRoute): void {
    ctx.set('Allow', this.#enabledMethods(route));
    sendEmpty(ctx, 200);
    ctx.length = 0;
  }

  #checkEnabled(ctx: Context, route: DispatchableRoute, method: DispatchableMethod): void {
    const reason = this.#reasonAgainst(method);
    if (reason === undefined) return;
    // RFC 9110 section 15.5.6: a 405 names the methods that are left.
    ctx.set('Allow', this.#enabledMethods(route));
    throw new RegistryError('UNSUPPORTED', { method: ctx.method, reason });
  }

  #enabledMethods({ methods }: DispatchableRoute): string {
    return methods
      .filter((method) => this.#reasonAgainst(method) === undefined)
      .map(({ method }) => method)
      .join(', ');
  }

  #reasonAgainst({ method, access }: DispatchableMethod): string | undefined {
    const reads = method === 'GET' || method === 'HEAD';
    if (this.#settings.readOnly && !reads) return 'the registry is read-only';
    if (this.#settings.storageReadOnly && !reads) return 'the storage is read-only';
    if (access !== 'delete' || this.#settings.deleteEnabled) return undefined;
    return 'deleting is disabled; set storage.delete.enabled to allow it';
  }
}

// A route that lacks a name by mistake must not become a way around the access controller.
function repositoryOf(
  route: DispatchableRoute,
  parameters: Readonly<Record<string, string>>,
): RepositoryName | undefined {
  if (!route.repository) return undefined;
  const text = parameters['name'];
  if (text === undefined)
    throw new RegistryError('DENIED', { route: route.name, reason: 'the route names no repository' });
  return parseRepositoryName(text);
}

function accessesOf({ access }: DispatchableMethod, name: RepositoryName | undefined): readonly Access[] {
  if (access === 'catalog') return [{ type: 'registry', name: 'catalog', action: '*' }];
  if (access === 'none') return [];
  if (name === undefined) throw new RegistryError('DENIED', { reason: `"${access}" needs a repository` });
  const repository = { type: 'repository', name } as const;
  // distribution's action mapping: who pushes must be able to pull.
  if (access === 'push')
    return [
      { ...repository, action: 'pull' },
      { ...repository, action: 'push' },
    ];
  return [{ ...repository, action: access }];
}

function readMethodsOf({ methods }: DispatchableRoute): string {
  return methods.flatMap(({ method }) => (method === 'GET' || method === 'HEAD' ? [method] : [])).join(', ');
}

function notAllowed(ctx: Context, route: DispatchableRoute): RegistryError {
  const allow = route.methods.map(({ method }) => method).join(', ');
  ctx.set('Allow', allow);
  return new RegistryError('UNSUPPORTED', { method: ctx.method, reason: `this path takes ${allow}` });
}

function factsOf(ctx: Context): RequestUrlOptions {
  const { headers } = ctx.req;
  return {
    host: headers.host,
    forwarded: headers['forwarded'],
    forwardedProto: first(headers['x-forwarded-proto']),
    forwardedHost: first(headers['x-forwarded-host']),
    encrypted: 'encrypted' in ctx.req.socket,
    path: ctx.path,
  };
}

function first(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
