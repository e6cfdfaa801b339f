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
    await write(res, chunk);
    sent += chunk.byteLength;
    stream.recycle?.(chunk);
  }
  if (sent !== announced) throw new Error(`the stream had ${sent} bytes instead of ${announced}`);
  res.end();
}

function write(response: ServerResponse, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    response.write(chunk, (error) => (error ? reject(error) : resolve()));
  });
}
