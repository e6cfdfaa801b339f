import type { IncomingMessage } from 'node:http';
import type { Middleware } from 'koa';
import { bufferPassed } from './minor-gc.ts';
import { isHeldBack } from './request-body.ts';
import type { RequestState } from './request-scope.ts';

/** How many bytes of a rejected body are read and discarded. */
const MAX_DRAINED_BYTES = 16 * 1024 * 1024;
const MAX_DRAIN_MS = 10_000;

/**
 * Lets a client that is still sending read why it was refused: the rest of its body is drained within bounds, then the
 * connection is closed. Closing at once would reset the connection, and most clients would report that instead.
 */
export const lingeringClose: Middleware<RequestState> = async (ctx, next) => {
  await next();
  const { req, res } = ctx;
  if (req.complete || req.destroyed) return;
  if (isHeldBack(req)) {
    // The client waits for a `100 Continue` that will not come; what it sends next on this connection is uncertain.
    ctx.set('Connection', 'close');
    return;
  }
  const { socket } = req;
  const limit = socket.bytesRead + MAX_DRAINED_BYTES;
  const timer = setTimeout(() => socket.destroy(), MAX_DRAIN_MS);
  timer.unref();
  req.on('data', (chunk: Buffer) => {
    bufferPassed(chunk.byteLength);
    if (socket.bytesRead > limit && res.writableFinished) socket.destroy();
  });
  req.once('close', () => clearTimeout(timer));
  keepUntilDrained(req);
  req.resume();
};

/**
 * Node destroys the connection of a client that asked for `Connection: close` as soon as the answer is written, by calling
 * `destroySoon`. Until the body has arrived, this connection only ends its own side then (RFC 9112, section 9.6).
 */
function keepUntilDrained(request: IncomingMessage): void {
  const { socket } = request;
  const destroySoon = socket.destroySoon.bind(socket);
  let isLast = false;
  socket.destroySoon = () => {
    isLast = true;
    socket.end();
  };
  request.once('close', () => {
    socket.destroySoon = destroySoon;
    if (isLast) destroySoon();
  });
}
