import type { Server, ServerResponse } from 'node:http';
import { Server as TlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { settledWithin } from '../settled-within.ts';

/** One connection. */
interface Connection {
  /** Requests without their whole answer. */
  readonly running: Set<ServerResponse>;
  bytesRead: number;
  /** When it was last seen to do something, on the clock of `performance.now`. */
  busyAt: number;
}

const CHECK_MS = 50;
/** A connection that was silent for so long during the drain is not about to carry a request. */
const QUIET_MS = 3_000;
/** How long the end of a connection that was cut off may take. */
const FAREWELL_MS = 1_000;
/** Turns of the event loop without a new connection after which none waits in the system's queue. */
const EMPTY_TURNS = 3;
const MAX_TURNS = 1_000;

/**
 * The connections of a server, which end without losing a request. Whoever closes a connection that is kept alive may do
 * so at the very moment at which the other side sends its next request on it; a balancer cannot repeat a POST or a PATCH
 * that was lost in this way. So it is for the client to close: every answer says `Connection: close`, and only
 * connections that stay silent are closed from here.
 */
export class Connections {
  readonly #server: Server;
  readonly #open = new Map<Socket, Connection>();
  readonly #closed: Promise<void>;
  /** The raw sockets of TLS handshakes, by the other side. */
  readonly #handshakes = new Map<string, Socket>();
  #accepted = 0;
  #isRetiring = false;

  /** @param server one that does not listen yet */
  constructor(server: Server) {
    this.#server = server;
    // `close` would cut off connections on which a request is just arriving.
    server.closeIdleConnections = () => undefined;
    this.#closed = new Promise((resolve) => void server.once('close', resolve));
    const isTls = server instanceof TlsServer;
    server.on('connection', (socket: Socket) => (isTls ? this.#addHandshake(socket) : this.#add(socket)));
    if (isTls) server.on('secureConnection', (socket: Socket) => this.#replaceHandshake(socket));
  }

  /** Notes a request; called before anything answers it. */
  begin(socket: Socket, response: ServerResponse): void {
    if (this.#isRetiring) response.shouldKeepAlive = false;
    const running = this.#open.get(socket)?.running;
    running?.add(response);
    response.once('close', () => running?.delete(response));
  }

  /** From now on every answer tells its client to close the connection; requests are taken as before. */
  retire(): void {
    this.#isRetiring = true;
    const now = performance.now();
    for (const connection of this.#open.values()) {
      connection.busyAt = now;
      // A head that is out cannot be changed; such a connection may carry one more request.
      for (const response of connection.running) if (!response.headersSent) response.shouldKeepAlive = false;
    }
  }

  /** Accepts no more connections, except those that the system has accepted already. */
  async closeListener(): Promise<void> {
    let accepted = this.#accepted;
    for (let turns = 0, empty = 0; turns < MAX_TURNS && empty < EMPTY_TURNS; turns += 1) {
      await turn();
      empty = accepted === this.#accepted ? empty + 1 : 0;
      accepted = this.#accepted;
    }
    this.#server.close();
  }

  /**
   * Waits until all connections have ended, at most `timeoutMs`; then ends what is left. The listener is closed, or is
   * being closed.
   * @returns whether nothing was cut off
   */
  async ended(timeoutMs: number): Promise<boolean> {
    const quietMs = Math.min(QUIET_MS, timeoutMs);
    const checks = setInterval(() => this.#closeQuiet(quietMs), CHECK_MS);
    const isInTime = await settledWithin(this.#closed, timeoutMs);
    clearInterval(checks);
    if (isInTime) return true;
    const isCutOff = [...this.#open.values()].some(({ running }) => running.size > 0);
    for (const socket of this.#open.keys()) socket.destroy();
    await settledWithin(this.#closed, FAREWELL_MS);
    return !isCutOff;
  }

  #add(socket: Socket): void {
    this.#accepted += 1;
    this.#track(socket);
  }

  #track(socket: Socket): void {
    this.#open.set(socket, { running: new Set(), bytesRead: 0, busyAt: performance.now() });
    socket.once('close', () => this.#open.delete(socket));
  }

  #addHandshake(raw: Socket): void {
    this.#accepted += 1;
    const key = peerOf(raw);
    if (key === undefined) return;
    this.#track(raw);
    this.#handshakes.set(key, raw);
    raw.once('close', () => {
      if (this.#handshakes.get(key) === raw) this.#handshakes.delete(key);
    });
  }

  // What the raw socket does after the handshake shows on the secure one.
  #replaceHandshake(secure: Socket): void {
    const key = peerOf(secure) ?? '';
    const raw = this.#handshakes.get(key);
    this.#handshakes.delete(key);
    if (raw !== undefined) this.#open.delete(raw);
    this.#track(secure);
  }

  #closeQuiet(quietMs: number): void {
    const now = performance.now();
    for (const [socket, connection] of this.#open) {
      if (connection.running.size > 0 || connection.bytesRead !== socket.bytesRead) {
        connection.bytesRead = socket.bytesRead;
        connection.busyAt = now;
      } else if (now - connection.busyAt >= quietMs) socket.destroy();
    }
  }
}

/** `undefined` for unix sockets, whose other sides have no address. */
function peerOf({ remoteAddress, remotePort }: Socket): string | undefined {
  return remotePort === undefined ? undefined : `${remoteAddress} ${remotePort}`;
}
