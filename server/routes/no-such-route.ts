import { RegistryError } from '../../core/model/errors.ts';
import type { Context } from '../http/request-scope.ts';

/** Answers every path that belongs to no route. */
export function noSuchRoute(ctx: Context): never {
  const path = String(ctx.path).slice(0, 512);
  throw new RegistryError('ROUTE_UNKNOWN', { path, reason: 'the API has no such path' });
}
