import type { ServerResponse } from 'node:http';
import { ClientGoneError, type Context } from './request-scope.ts';

/** One event of a stream of server-sent events; without a name and data a comment, by which proxies see that the stream lives. */
export interface ServerSentEvent {
  readonly event?: string;
  /** Text of one line. */
  readonly data?: string;
}

/** The headers of an answer of server-sent events, also to HEAD. nginx would collect the events otherwise. */
export function setEventHeaders(ctx: Context): void {
  ctx.status = 200;
  ctx.set({ 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' });
}

/**
 * Sends events as they come, until there are no more (HTML standard, "Server-sent events"). A client that does not read is sent
 * nothing more until it does.
 */
export async function sendEvents(ctx: Context, events: AsyncIterable<ServerSentEvent>): Promise<void> {
  const { res } = ctx;
  setEventHeaders(ctx);
  ctx.respond = false;
  res.flushHeaders();
  for await (const event of events) await write(res, textOf(event));
  res.end();
}

function textOf({ event, data }: ServerSentEvent): string {
  if (event === undefined) return ':\n\n';
  return `event: ${event}\ndata: ${data ?? '{}'}\n\n`;
}

/** A connection that ends takes the callbacks of its writes with it. */
function write(response: ServerResponse, text: string): Promise<void> {
  if (response.closed) return Promise.reject(new ClientGoneError());
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onClose = (): void => reject(new ClientGoneError());
  response.once('close', onClose);
  response.write(text, (error) => {
    response.off('close', onClose);
    if (error) reject(error);
    else resolve();
  });
  return promise;
}
