import type { UrlBuilder } from '../../../core/api/url-builder.ts';
import type { Access, AccessController, Grant } from '../../../core/ports/access-controller.ts';
import type { HttpSettings } from '../../http/http-settings.ts';
import { answerUrls } from '../answer-urls.ts';
import type { HandledRoute } from '../handled-route.ts';
import { accessRequestOf } from './access-request.ts';
import type { RouteStep } from './route-step.ts';

/** What handlers reach through their route context. */
export interface HandlingDependencies {
  readonly controller: AccessController;
  readonly settings: HttpSettings;
}

/** Runs the handler of the method, which writes the answer. All steps before it have passed the request. */
export function handle({ handlers }: HandledRoute, { controller, settings }: HandlingDependencies): RouteStep {
  return (ctx) => {
    const { name, parameters, scope, grant } = ctx.state;
    const context = {
      ctx,
      parameters,
      name,
      grant,
      authorize: (accesses: readonly Access[]): Promise<Grant> =>
        controller.authorize(accessRequestOf(ctx, settings), accesses),
      call: scope,
      // Most answers have no URL in them.
      get urls(): UrlBuilder {
        return answerUrls(ctx, settings.urls);
      },
    };
    // The parameters come from the pattern of this very route, whose handlers are typed by it.
    return handlers[ctx.method]?.(context as never);
  };
}
