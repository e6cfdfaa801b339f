import { Readable } from 'node:stream';
import { extensionRoot } from '../../core/api/extension-root.ts';
import { compileRoutePattern, parametersOf } from '../../core/api/route-pattern.ts';
import type { RepositoryName } from '../../core/model/reference.ts';
import type {
  ExtensionMethod,
  ExtensionResponse,
  ExtensionRoute,
  RouteExtension,
} from '../../core/ports/route-extension.ts';
import { clientAddress } from '../http/client-address.ts';
import type { HttpSettings } from '../http/http-settings.ts';
import { bodyOf, readBody } from '../http/request-body.ts';
import type { Context } from '../http/request-scope.ts';
import { sendEmpty } from '../http/responses.ts';
import { type HandledRoute, handledRoute } from './handled-route.ts';

/** A route of an extension, as the router takes it. */
export interface RoutedExtension {
  readonly handled: HandledRoute;
  readonly pattern: RegExp;
  readonly parameters: readonly string[];
}

/** What a handler of an extension needs of a request. */
interface ExtensionContext {
  readonly ctx: Context;
  readonly name: RepositoryName | undefined;
  readonly parameters: Readonly<Record<string, string>>;
}

/** The routes of all extensions in the order in which they are to be tried. */
export function extensionRoutes(
  extensions: readonly RouteExtension[],
  settings: Pick<HttpSettings, 'trustedProxies'>,
): RoutedExtension[] {
  return extensions
    .flatMap((extension) => extension.routes.map((route) => routed(extensionRoot(extension), route, settings)))
    .sort((a, b) => a.parameters.length - b.parameters.length);
}

function routed(
  prefix: string,
  { path, methods }: ExtensionRoute,
  settings: Pick<HttpSettings, 'trustedProxies'>,
): RoutedExtension {
  const template = prefix + path;
  const route = { name: template, repository: path.includes('<name>'), methods };
  const handlers = Object.fromEntries(methods.map((method) => [method.method, handlerOf(template, method, settings)]));
  return {
    handled: handledRoute(route, handlers),
    pattern: compileRoutePattern(template),
    parameters: parametersOf(template),
  };
}

function handlerOf(
  template: string,
  { handle }: ExtensionMethod,
  settings: Pick<HttpSettings, 'trustedProxies'>,
): (context: ExtensionContext) => Promise<void> {
  return async ({ ctx, name, parameters }) => {
    const { requestId, user, signal, peer } = ctx.state.scope;
    const { headers } = ctx.req;
    const answer = await handle({
      method: ctx.method,
      path: ctx.path,
      parameters,
      repository: name,
      query: ctx.state.query.parameters,
      headers: headersOf(ctx),
      user,
      address: clientAddress({ headers, peer }, settings.trustedProxies),
      requestId,
      audit: (act) => {
        if (ctx.state.scope.audit !== undefined) ctx.state.scope.audit.told = act;
      },
      signal,
      body: bodyOf(ctx),
      readBody: (maxBytes) => readBody(ctx, { maxBytes, code: 'BODY_TOO_LARGE' }),
    });
    send(ctx, answer, template);
  };
}

function headersOf(ctx: Context): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(
    Object.entries(ctx.req.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  );
}

function send(ctx: Context, { status, headers = {}, body }: ExtensionResponse, template: string): void {
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw new TypeError(`${template} answered with the status ${status}, which is not between 200 and 599`);
  }
  for (const [name, value] of Object.entries(headers)) ctx.set(name, value);
  if (body === undefined) return sendEmpty(ctx, status);
  ctx.status = status;
  if (typeof body === 'string' || body instanceof Uint8Array) ctx.body = Buffer.from(body);
  else ctx.body = Readable.from(body, { objectMode: false });
}
