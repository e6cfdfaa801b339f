import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const BUFFER_BYTES = 256 * 1024;
const END_OF_HEAD = '\r\n\r\n';

/** A connection that repeats one request, one at a time, and discards the answers. */
export class RepeatingConnection {
  /** Bytes of all bodies received so far. */
  bytes = 0;
  readonly durationsMs: number[] = [];
  readonly #socket: Socket;
  readonly #request: string;
  readonly #hasBody: boolean;
  #sentAt = 0;
  #left = 0;
  #head = '';

  constructor(method: 'GET' | 'HEAD', address: string) {
    const url = new URL(address);
    this.#request = `${method} ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}${END_OF_HEAD}`;
    this.#hasBody = method === 'GET';
    const buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
    const callback = (length: number): boolean => {
      this.#take(buffer.subarray(0, length));
      return true;
    };
    this.#socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true, onread: { buffer, callback } });
  }

  /** Resolves after `seconds`; rejects when the connection ends or an answer is not 200. */
  async run(seconds: number): Promise<void> {
    await once(this.#socket, 'connect');
    const failed = new Promise<never>((_resolve, reject) => {
      this.#socket.on('error', reject);
      this.#socket.on('close', () => reject(new Error('the registry closed the connection')));
    });
    const over = new Promise<void>((resolve) => setTimeout(resolve, seconds * 1000));
    this.#send();
    await Promise.race([over, failed]);
    failed.catch(() => undefined);
    this.#socket.destroy();
  }

  #send(): void {
    this.#sentAt = performance.now();
    this.#socket.write(this.#request);
  }

  #take(data: Buffer): void {
    const body = this.#left > 0 ? data.byteLength : this.#takeHead(data);
    this.bytes += body;
    this.#left -= body;
    if (this.#left > 0 || this.#head !== '') return;
    this.durationsMs.push(performance.now() - this.#sentAt);
    this.#send();
  }

  /** @returns the number of bytes that belong to the body */
  #takeHead(data: Buffer): number {
    this.#head += data.toString('latin1');
    const end = this.#head.indexOf(END_OF_HEAD);
    if (end < 0) return 0;
    if (!this.#head.startsWith('HTTP/1.1 200')) {
      this.#socket.destroy(new Error(`the answer was ${this.#head.slice(0, end)}`));
      return 0;
    }
    this.#left = this.#hasBody ? Number(/^content-length: *(\d+)/im.exec(this.#head)?.[1]) : 0;
    const body = this.#head.length - end - END_OF_HEAD.length;
    this.#head = '';
    return body;
  }
}
