import type { ParameterizedContext } from 'koa';
import type { UrlBuilder } from '../../../core/api/url-builder.ts';
import type { RepositoryName } from '../../../core/model/reference.ts';
import type { Access, AccessController, Grant } from '../../../core/ports/access-controller.ts';
import type { CallContext } from '../../../core/registry/call-context.ts';
import type { HttpSettings } from '../../http/http-settings.ts';
import type { Context } from '../../http/request-scope.ts';
import { answerUrls } from '../answer-urls.ts';
import type { HandledRoute } from '../handled-route.ts';
import { accessRequestOf } from './access-request.ts';
import type { RouteState, RouteStep } from './route-step.ts';

/** What handlers can reach through their route context. */
export interface HandlingDependencies {
  readonly controller: AccessController;
  readonly settings: HttpSettings;
}

/** Runs the handler of the method, which writes the answer. All steps before it have passed the request. */
export function handle({ handlers }: HandledRoute, dependencies: HandlingDependencies): RouteStep {
  return (ctx) => {
    // The parameters come from the pattern of this very route, whose handlers are typed by it.
    return handlers[ctx.method]?.(new HandledRequest(ctx, dependencies) as never);
  };
}

// A class, because the getter of a literal would be defined anew for each request.
class HandledRequest {
  readonly ctx: Context;
  readonly parameters: Readonly<Record<string, string>>;
  readonly name: RepositoryName | undefined;
  readonly grant: Grant | undefined;
  readonly call: CallContext;
  readonly authorize: (accesses: readonly Access[]) => Promise<Grant>;
  readonly #settings: HttpSettings;

  constructor(ctx: ParameterizedContext<RouteState>, { controller, settings }: HandlingDependencies) {
    const { parameters, name, grant, scope } = ctx.state;
    this.ctx = ctx;
    this.parameters = parameters;
    this.name = name;
    this.grant = grant;
    this.call = scope;
    this.authorize = (accesses) => controller.authorize(accessRequestOf(ctx, settings), accesses);
    this.#settings = settings;
  }

  // Most answers have no URL in them.
  get urls(): UrlBuilder {
    return answerUrls(this.ctx, this.#settings.urls);
  }
}
