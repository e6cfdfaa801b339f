import type { HttpSettings } from '../../http/http-settings.ts';
import { sendEmpty } from '../../http/responses.ts';
import type { ServedRoute } from '../handled-route.ts';
import { enabledMethods } from './enabled-methods.ts';
import type { RouteStep } from './route-step.ts';

/** Answers OPTIONS. Browsers ask before they send credentials (CORS), so it comes before authorization. */
export function answerOptions(route: ServedRoute, settings: HttpSettings): RouteStep {
  return (ctx, next) => {
    if (ctx.method !== 'OPTIONS') return next();
    ctx.set('Allow', enabledMethods(route, settings));
    sendEmpty(ctx, 200);
    ctx.length = 0;
    return undefined;
  };
}
