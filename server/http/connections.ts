import type { Server, ServerResponse } from 'node:http';
import { Server as TlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { settledWithin } from '../../core/async/settled-within.ts';
import { HANDLES_OF_REQUEST } from './handle-limit.ts';

/** One connection. */
interface Connection {
  /** Requests without their whole answer. */
  readonly running: Set<ServerResponse>;
  bytesRead: number;
  /** When it was last seen to do something, on the clock of `performance.now`. */
  busyAt: number;
  /** Whether a request of it has been answered. */
  isProven: boolean;
}

const CHECK_MS = 50;
/** A connection that was silent for so long during the drain is not about to carry a request. */
const QUIET_MS = 3_000;
/** How long the end of a connection that was cut off may take. */
const FAREWELL_MS = 1_000;
/** Turns of the event loop without a new connection after which none waits in the system's queue. */
const EMPTY_TURNS = 3;
const MAX_TURNS = 1_000;
/** One that has carried a request is let go as if it had rested for so much less. */
const HEAD_START_MS = 60_000;
/** What share of the handles is made free at once, so that not every new connection looks at all others. */
const SHARE_LET_GO = 32;
/** How long a client that was turned away counts for {@link Connections.problem}. */
const FULL_MS = 5_000;

/**
 * The connections of a server, which end without losing a request. Whoever closes a connection that is kept alive may do
 * so at the very moment at which the other side sends its next request on it; a balancer cannot repeat a POST or a PATCH
 * that was lost in this way. So it is for the client to close: every answer says `Connection: close`, and only
 * connections that stay silent are closed from here.
 *
 * There are never so many that the storage finds no file handle: before that, those that carry no request are let go,
 * first those that never did, and then those that have rested longest. When all carry one, no more are taken.
 */
export class Connections {
  readonly #server: Server;
  readonly #open = new Map<Socket, Connection>();
  readonly #closed: Promise<void>;
  /** The raw sockets of TLS handshakes, by the other side. */
  readonly #handshakes = new Map<string, Socket>();
  readonly #maxHandles: number;
  #accepted = 0;
  #running = 0;
  #isRetiring = false;
  #fullUntil = 0;

  /**
   * @param server one that does not listen yet
   * @param maxHandles how many file handles connections and what their requests open may take
   */
  constructor(server: Server, maxHandles = Number.POSITIVE_INFINITY) {
    this.#server = server;
    this.#maxHandles = maxHandles;
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
    const connection = this.#open.get(socket);
    if (connection === undefined) return;
    connection.running.add(response);
    this.#running += 1;
    response.once('close', () => {
      connection.running.delete(response);
      connection.busyAt = performance.now();
      connection.isProven = true;
      this.#running -= 1;
    });
    this.#makeRoom();
  }

  /** Why new connections are turned away now; `undefined` when they are not. */
  get problem(): string | undefined {
    if (performance.now() >= this.#fullUntil) return undefined;
    return `all connections for which there are file handles carry requests; raise the limit of open files`;
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
    this.#makeRoom(socket);
    const busyAt = performance.now();
    this.#open.set(socket, { running: new Set(), bytesRead: 0, busyAt, isProven: false });
    socket.once('close', () => this.#open.delete(socket));
  }

  /** Lets go of connections without a request when there are too many. */
  #makeRoom(newcomer?: Socket): void {
    if (this.#open.size + this.#running * HANDLES_OF_REQUEST < this.#maxHandles) return;
    const restingSince = ({ busyAt, isProven }: Connection): number => busyAt + (isProven ? HEAD_START_MS : 0);
    const resting = [...this.#open]
      .filter(([, { running }]) => running.size === 0)
      .sort(([, a], [, b]) => restingSince(a) - restingSince(b));
    const count = Math.max(1, Math.floor(this.#maxHandles / SHARE_LET_GO));
    for (const [socket] of resting.slice(0, count)) {
      this.#open.delete(socket);
      socket.destroy();
    }
    if (resting.length > 0 || newcomer === undefined) return;
    this.#fullUntil = performance.now() + FULL_MS;
    newcomer.destroy();
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
