import type { IncomingMessage } from 'node:http';
import { RegistryError } from '../../core/errors.ts';
import type { Context } from './request-scope.ts';
import { bufferPassed } from './young-memory.ts';

const expecting = new WeakSet<IncomingMessage>();

/** Notes that the client waits for `100 Continue` before it sends the body. */
export function expectContinue(request: IncomingMessage): void {
  expecting.add(request);
}

/** Whether the client still waits for a go-ahead, so that it has sent none of its body. */
export function isHeldBack(request: IncomingMessage): boolean {
  return expecting.has(request);
}

/**
 * The body of a request; asking for it tells a waiting client to send it. Stopping early leaves the connection
 * usable for the answer; a client that goes away makes the iteration fail.
 */
export async function* bodyOf(ctx: Context): AsyncGenerator<Uint8Array, void, undefined> {
  if (expecting.delete(ctx.req)) ctx.res.writeContinue();
  for await (const chunk of ctx.req.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
    yield chunk;
    bufferPassed(chunk.byteLength);
  }
}

/** Whether the request announces a body. */
export function hasBody(ctx: Context): boolean {
  return ctx.get('Transfer-Encoding') !== '' || Number(ctx.get('Content-Length')) > 0;
}

/**
 * Reads a small body as a whole.
 * @throws RegistryError `MANIFEST_TOO_LARGE` as soon as it is known to be larger than `maxBytes`
 */
export async function readBody(ctx: Context, maxBytes: number): Promise<Buffer> {
  const tooLarge = (): RegistryError => new RegistryError('MANIFEST_TOO_LARGE', { maxBytes });
  if (Number(ctx.get('Content-Length')) > maxBytes) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of bodyOf(ctx)) {
    size += chunk.byteLength;
    if (size > maxBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}
