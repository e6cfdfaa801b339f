import type { Context } from './request-scope.ts';

/** Sends an answer without a body. */
export function sendEmpty(ctx: Context, status: number): void {
  // Koa turns a null body into 204, so the status is set after it.
  ctx.body = null;
  ctx.status = status;
}

/** Sends JSON text byte for byte. The type has no charset, because old clients compare the whole header. */
export function sendJson(ctx: Context, status: number, text: string): void {
  ctx.status = status;
  ctx.set('Content-Type', 'application/json');
  ctx.body = Buffer.from(text);
}
