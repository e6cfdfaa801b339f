import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { ExecutionContext } from 'ava';
import type { Target } from './http-request.ts';

/** A connection on which a test writes and reads the bytes of HTTP itself. */
export class RawConnection {
  readonly socket: Socket;
  /** Everything received so far, one character per byte. */
  received = '';
  #isClosed = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => (this.received += chunk.toString('latin1')));
    socket.on('error', () => undefined);
    socket.on('close', () => (this.#isClosed = true));
  }

  /** @param options.allowHalfOpen keeps this side open after the other side has ended */
  static async open(
    t: ExecutionContext,
    { address }: Target,
    options: { allowHalfOpen?: boolean } = {},
  ): Promise<RawConnection> {
    const { hostname, port } = new URL(address);
    const socket = connect({ ...options, host: hostname, port: Number(port), noDelay: true });
    t.teardown(() => socket.destroy());
    const connection = new RawConnection(socket);
    await once(socket, 'connect');
    return connection;
  }

  /** Sends the lines of a head and the blank line after it. */
  sendHead(...lines: string[]): void {
    this.send(`${[...lines, 'Host: registry'].join('\r\n')}\r\n\r\n`);
  }

  send(bytes: string | Uint8Array): void {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }

  /** Waits until the received bytes match, and returns the match; rejects if the other side ends first. */
  async until(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.received);
      if (match !== null) return match;
      if (this.#isClosed) throw new Error(`closed before ${String(pattern)}: ${JSON.stringify(this.received)}`);
      await this.#next('data', 'close');
    }
  }

  /** Waits until the other side has ended the connection, and returns everything received. */
  async untilClosed(): Promise<string> {
    while (!this.#isClosed) await this.#next('close');
    return this.received;
  }

  /** Sends `piece` again and again until the other side has ended the connection; returns the number of bytes sent. */
  async flood(piece: Uint8Array): Promise<number> {
    let sent = 0;
    while (!this.#isClosed) {
      sent += piece.byteLength;
      if (!this.socket.write(piece)) await this.#next('drain', 'close');
    }
    return sent;
  }

  #next(...events: string[]): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        for (const event of events) this.socket.off(event, done);
        resolve();
      };
      for (const event of events) this.socket.on(event, done);
    });
  }
}
