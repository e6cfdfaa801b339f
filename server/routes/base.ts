import { sendJson } from '../http/responses.ts';
import type { Handlers } from './exchange.ts';

/** `/v2/`: says that the API is spoken here, and whether the credentials are good. */
export function baseRoutes(): Handlers<'base'> {
  const answer: Handlers<'base'>['GET'] = async ({ ctx }) => sendJson(ctx, 200, '{}');
  return { GET: answer, HEAD: answer };
}
