import { connect as connectPlain, type Socket, type TcpNetConnectOpts } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { type AnswerHead, bodyLength, parseAnswerHead } from './answer-head.ts';

/** The size of a read buffer, in bytes. */
const READ_BYTES = 256 * 1024;
const MAX_HEAD_BYTES = 64 * 1024;

/** A request for a large body. */
export interface LargeRead {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  readonly tls: ConnectionOptions;
  readonly connectMs: number;
  readonly answerMs: number;
  readonly readMs: number;
}

/** An answer to it, with a body that has not been read. */
export interface LargeAnswer extends AnswerHead {
  /** Its chunks are valid until the next one is requested; a reader that stops early closes the connection. */
  readonly body: AsyncIterable<Buffer>;
}

/**
 * Sends a GET on a separate connection, and reads into buffers that are reused. This takes a third of the processor
 * time that undici needs for a body, and its memory does not grow with the speed of the connection; docs/decisions.md
 * has the figures.
 * @returns `undefined` for an answer that does not state its length; the request must then be sent in another way
 * @throws errors with the codes of Node and undici
 */
export async function readLarge(request: LargeRead): Promise<LargeAnswer | undefined> {
  const { url, headers, signal } = request;
  signal?.throwIfAborted();
  const lines = Object.entries({ host: url.host, connection: 'close', ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  if (lines.some((line) => !/^[\t\x20-\x7e]*\r\n$/.test(line))) return undefined;
  const connection = new ReadingConnection(request);
  const onAbort = (): void => connection.destroy(signal?.reason as Error);
  signal?.addEventListener('abort', onAbort, { once: true });
  connection.onClose(() => signal?.removeEventListener('abort', onAbort));
  try {
    connection.write(`GET ${url.pathname}${url.search} HTTP/1.1\r\n${lines.join('')}\r\n`);
    const head = await connection.head();
    const length = head && bodyLength(head);
    if (head === undefined || length === undefined) {
      connection.destroy();
      return undefined;
    }
    const body = connection.body(length);
    // Readers of an error collect its chunks.
    return { ...head, body: head.statusCode === 200 || head.statusCode === 206 ? body : copied(body) };
  } catch (error) {
    connection.destroy();
    throw error;
  }
}

async function* copied(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  for await (const bytes of body) yield Buffer.from(bytes);
}

/** A connection that passes its bytes on one buffer at a time. */
class ReadingConnection {
  readonly #socket: Socket;
  readonly #readMs: number;
  /**
   * Received bytes that were not passed on yet. Reading pauses when there are any, but a TLS socket still delivers
   * everything that it has decrypted. Only the first entry can be a reused buffer; later ones are copies.
   */
  readonly #come: Buffer[] = [];
  #wake = Promise.withResolvers<void>();
  #error: Error | undefined;
  #isClosed = false;
  #answerTimer: NodeJS.Timeout | undefined;

  constructor({ url, tls, connectMs, answerMs, readMs }: LargeRead) {
    // One is being filled, one is waiting, and the reader has one.
    const memory = Array.from({ length: 3 }, () => Buffer.allocUnsafeSlow(READ_BYTES));
    let turn = 0;
    const onread = {
      buffer: () => memory[turn] as Buffer,
      callback: (bytes: number, buffer: Uint8Array) => {
        const come = Buffer.from(buffer.buffer, buffer.byteOffset, bytes);
        if (this.#come.length === 0) {
          this.#come.push(come);
          turn = (turn + 1) % memory.length;
        } else {
          // The reader still uses the next buffer.
          this.#come.push(Buffer.from(come));
        }
        this.#wake.resolve();
        return false;
      },
    };
    const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
    // Brackets are URL syntax only.
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const plain: TcpNetConnectOpts = { host, port, onread };
    this.#readMs = readMs;
    this.#socket =
      url.protocol === 'https:'
        ? connectTls({
            ...tls,
            ...plain,
            ALPNProtocols: ['http/1.1'],
            ...(/[a-z]/i.test(host) ? { servername: host } : {}),
          })
        : connectPlain(plain);
    const opening = this.#failAfter(connectMs, 'UND_ERR_CONNECT_TIMEOUT');
    this.#socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
      clearTimeout(opening);
      if (!this.#isClosed) this.#answerTimer = this.#failAfter(answerMs, 'UND_ERR_HEADERS_TIMEOUT');
    });
    this.#socket.on('error', (error) => {
      this.#error ??= error;
    });
    this.#socket.once('close', () => {
      this.#isClosed = true;
      clearTimeout(opening);
      clearTimeout(this.#answerTimer);
      this.#wake.resolve();
    });
  }

  onClose(action: () => void): void {
    this.#socket.once('close', action);
  }

  write(text: string): void {
    this.#socket.write(text);
  }

  destroy(error?: Error): void {
    this.#error ??= error;
    this.#socket.destroy();
  }

  /** The head of the answer, after informational ones; `undefined` for bytes that are not a head. */
  async head(): Promise<AnswerHead | undefined> {
    let head = Buffer.of();
    for (;;) {
      const end = head.indexOf('\r\n\r\n');
      if (end < 0 && head.byteLength > MAX_HEAD_BYTES) return undefined;
      if (end < 0) {
        const bytes = await this.#next();
        // They are copied, because their buffer is reused.
        head = Buffer.concat([head, bytes]);
        continue;
      }
      const parsed = parseAnswerHead(head.toString('latin1', 0, end));
      head = head.subarray(end + 4);
      if (parsed !== undefined && parsed.statusCode < 200) continue;
      clearTimeout(this.#answerTimer);
      if (head.byteLength > 0) this.#come.unshift(head);
      return parsed;
    }
  }

  async *body(length: number): AsyncGenerator<Buffer, void, undefined> {
    try {
      for (let left = length; left > 0; ) {
        const bytes = (await this.#next(this.#readMs)).subarray(0, left);
        left -= bytes.byteLength;
        yield bytes;
      }
    } finally {
      this.destroy();
    }
  }

  /**
   * The next bytes; the buffer that was passed on before is reused.
   * @param limitMs how long they may take, in milliseconds
   */
  async #next(limitMs?: number): Promise<Buffer> {
    for (;;) {
      const bytes = this.#come.shift();
      if (bytes !== undefined) {
        if (this.#come.length === 0) this.#socket.resume();
        return bytes;
      }
      if (this.#error !== undefined) throw this.#error;
      if (this.#isClosed) throw Object.assign(new Error('other side closed'), { code: 'UND_ERR_SOCKET' });
      // A slow reader is not a reason to give up.
      const timer = limitMs === undefined ? undefined : this.#failAfter(limitMs, 'UND_ERR_BODY_TIMEOUT');
      await this.#wake.promise;
      clearTimeout(timer);
      this.#wake = Promise.withResolvers();
    }
  }

  #failAfter(ms: number, code: string): NodeJS.Timeout {
    const fail = (): void => this.destroy(Object.assign(new Error('nothing arrived in time'), { code }));
    return setTimeout(fail, ms);
  }
}
