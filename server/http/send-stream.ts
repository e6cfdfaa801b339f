import type { ServerResponse } from 'node:http';
import type { ReadStream } from '../../core/driver/index.ts';
import { ClientGoneError, type Context } from './request-scope.ts';

/**
 * Sends a stream as the body of an answer whose headers, including the length, are set. One chunk is being sent while the
 * driver reads the next; its memory goes back to the driver, so that a connection holds few buffers whatever the size of
 * the body.
 */
export async function sendStream(ctx: Context, stream: ReadStream): Promise<void> {
  const { res } = ctx;
  const announced = ctx.length;
  if (stream.whole?.byteLength === announced) {
    ctx.body = stream.whole;
    return;
  }
  let sent = 0;
  ctx.respond = false;
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    sent += chunk.byteLength;
    // Ending with the last chunk saves a system call, which matters for a small body.
    await write(res, chunk, sent === announced);
    stream.recycle?.(chunk);
  }
  if (sent !== announced) throw new Error(`the stream had ${sent} bytes instead of ${announced}`);
  if (!res.writableEnded) res.end();
}

function write(response: ServerResponse, chunk: Uint8Array, isLast: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    if (isLast) {
      // A connection that breaks off emits no `finish`, and does not call back.
      response.once('finish', resolve);
      response.once('close', () => {
        if (!response.writableFinished) reject(new ClientGoneError());
      });
      response.end(chunk);
    } else {
      response.write(chunk, (error) => (error ? reject(error) : resolve()));
    }
  });
}
