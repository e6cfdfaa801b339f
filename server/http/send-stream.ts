import type { ServerResponse } from 'node:http';
import type { ReadStream } from '../../core/driver/index.ts';
import type { Context } from './request-scope.ts';

/**
 * Sends a stream as the body of an answer whose headers, with the length, are set. One chunk is on its way while the
 * driver reads the next; its memory goes back to the driver, so that a connection holds a few buffers whatever the
 * size of the body.
 */
export async function sendStream(ctx: Context, stream: ReadStream): Promise<void> {
  const { res } = ctx;
  const announced = ctx.length;
  let sent = 0;
  ctx.respond = false;
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    sent += chunk.byteLength;
    // The end with the last chunk saves a system call, which a small body feels.
    await write(res, chunk, sent === announced);
    stream.recycle?.(chunk);
  }
  if (sent !== announced) throw new Error(`the stream had ${sent} bytes instead of ${announced}`);
  if (!res.writableEnded) res.end();
}

function write(response: ServerResponse, chunk: Uint8Array, isLast: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (error?: Error | null): void => (error ? reject(error) : resolve());
    if (isLast) response.end(chunk, done);
    else response.write(chunk, done);
  });
}
