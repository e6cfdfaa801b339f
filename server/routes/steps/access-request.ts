import type { AccessRequest } from '../../../core/ports/access-controller.ts';
import type { Context } from '../../http/request-scope.ts';

/** What the access controller sees of a request. */
export function accessRequestOf(ctx: Context): AccessRequest {
  return { authorization: ctx.get('Authorization') || undefined };
}
