import type { IncomingMessage, ServerResponse } from 'node:http';

/** Upper bounds of the sizes that are counted together, in bytes: 1 KiB, doubled 21 times, as distribution counts them. */
export const SIZE_BOUNDS_BYTES: readonly number[] = Array.from({ length: 22 }, (_, power) => 1024 * 2 ** power);

/** Measures a request and its response on their connection. */
export class MessageSizes {
  readonly #request: IncomingMessage;
  readonly #socket: IncomingMessage['socket'];
  readonly #readBefore: number;
  readonly #writtenBefore: number;

  /** Begins with a request whose head has been read. */
  constructor(request: IncomingMessage, response: ServerResponse) {
    this.#request = request;
    this.#socket = response.req.socket;
    this.#readBefore = this.#socket.bytesRead;
    this.#writtenBefore = this.#socket.bytesWritten;
  }

  /** Bytes of the body as the client states them; of a body without a length, about as many as have come. */
  get requestBytes(): number {
    const stated = Number(this.#request.headers['content-length']);
    if (Number.isSafeInteger(stated) && stated >= 0) return stated;
    const isChunked = this.#request.headers['transfer-encoding'] !== undefined;
    return isChunked ? Math.max(0, this.#socket.bytesRead - this.#readBefore) : 0;
  }

  /** Bytes of the response that were handed to the connection, with its head. */
  get responseBytes(): number {
    return Math.max(0, this.#socket.bytesWritten - this.#writtenBefore);
  }
}
