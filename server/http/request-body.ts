import type { IncomingMessage } from 'node:http';
import { RegistryError } from '../../core/model/errors.ts';
import type { PacedBody } from './body-pace.ts';
import { bufferPassed } from './minor-gc.ts';
import type { RequestBodies } from './request-bodies.ts';
import type { Context } from './request-scope.ts';

/** How large a body may be that is held whole. */
interface BodyLimit {
  readonly maxBytes: number;
  readonly code: 'MANIFEST_TOO_LARGE' | 'BODY_TOO_LARGE';
}

const expecting = new WeakSet<IncomingMessage>();

/** Notes that the client waits for `100 Continue` before it sends the body. */
export function expectContinue(request: IncomingMessage): void {
  expecting.add(request);
}

/** Whether the client still waits for `100 Continue`, and has sent none of its body. */
export function isHeldBack(request: IncomingMessage): boolean {
  return expecting.has(request);
}

/**
 * The body of a request; asking for it tells a waiting client to send it. Stopping early leaves the connection
 * usable for the answer; a client that goes away, or is too slow, makes the iteration fail.
 */
export function bodyOf(ctx: Context): AsyncGenerator<Uint8Array, void, undefined> {
  return receive(ctx, (bodies) => bodies.watchStream(ctx.req));
}

async function* receive(
  ctx: Context,
  watch: (bodies: RequestBodies) => PacedBody,
): AsyncGenerator<Uint8Array, void, undefined> {
  const paced = watch(ctx.state.scope.bodies);
  ctx.res.once('close', () => paced.end());
  try {
    if (expecting.delete(ctx.req)) ctx.res.writeContinue();
    for await (const chunk of ctx.req.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
      paced.receive(chunk.byteLength);
      yield chunk;
      paced.isWaiting = true;
      bufferPassed(chunk.byteLength);
    }
  } finally {
    paced.end();
  }
}

/** Whether the request announces a body. */
export function hasBody(ctx: Context): boolean {
  return ctx.get('Transfer-Encoding') !== '' || Number(ctx.get('Content-Length')) > 0;
}

/**
 * Reads a small body whole, into memory that all requests share. The memory is given back when the answer has been sent,
 * because the handler may need it until then.
 * @param limit the most bytes, and the error for a larger body, which is thrown as soon as the size is known
 * @throws RegistryError `UNAVAILABLE` when too many bodies are held at once
 */
export async function readBody(ctx: Context, { maxBytes, code }: BodyLimit): Promise<Buffer> {
  const tooLarge = (): RegistryError => new RegistryError(code, { maxBytes });
  const announced = Number(ctx.get('Content-Length'));
  if (announced > maxBytes) throw tooLarge();
  const { bodies } = ctx.state.scope;
  const held = bodies.hold(announced);
  ctx.res.once('close', () => held[Symbol.dispose]());
  for await (const chunk of receive(ctx, () => bodies.watchHeld(ctx.req))) {
    if (held.size + chunk.byteLength > maxBytes) throw tooLarge();
    held.add(chunk);
  }
  return held.bytes;
}
