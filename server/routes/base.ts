import { sendJson } from '../http/responses.ts';
import type { Handler, Handlers } from './route-context.ts';

/** `/v2/`: says that the API is spoken here, and whether the credentials are good. */
export function baseRoutes(): Handlers<'base'> {
  const answer: Handler<'base'> = async ({ ctx }) => sendJson(ctx, 200, '{}');
  return { GET: answer, HEAD: answer };
}
