import { sendJson } from '../http/responses.ts';
import type { Handler, Handlers } from './route-context.ts';

/** `/v2/`: shows that this server speaks the API, and whether the credentials are valid. */
export function baseRoutes(): Handlers<'base'> {
  const answer: Handler<'base'> = async ({ ctx }) => sendJson(ctx, 200, '{}');
  return { GET: answer, HEAD: answer };
}
