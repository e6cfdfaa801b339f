import type { Context } from './request-scope.ts';

/** Answers without a body. */
export function sendEmpty(ctx: Context, status: number): void {
  // Koa turns a null body into 204, so the status comes second.
  ctx.body = null;
  ctx.status = status;
}

/** Answers with JSON text, byte for byte; the type carries no charset because old clients compare it whole. */
export function sendJson(ctx: Context, status: number, text: string): void {
  ctx.status = status;
  ctx.set('Content-Type', 'application/json');
  ctx.body = Buffer.from(text);
}
