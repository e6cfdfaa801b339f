import type { Server, ServerResponse } from 'node:http';
import { Server as TlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { settledWithin } from '../../core/async/settled-within.ts';
import { HANDLES_OF_REQUEST } from './handle-limit.ts';

/** One connection. */
interface Connection {
  /** Requests whose answer is not complete. */
  readonly running: Set<ServerResponse>;
  bytesRead: number;
  /** When it was last active, on the clock of `performance.now`. */
  busyAt: number;
  /** Whether it has carried a request that was answered. */
  isProven: boolean;
}

const CHECK_MS = 50;
/** A connection that is silent for this long during the drain is not about to carry a request. */
const QUIET_MS = 3_000;
/** How long a connection that was cut off may take to close. */
const FAREWELL_MS = 1_000;
/** After this many turns of the event loop without a new connection, the system's queue is empty. */
const EMPTY_TURNS = 3;
const MAX_TURNS = 1_000;
/** How much shorter the idle time of a connection that has carried a request counts. */
const HEAD_START_MS = 60_000;
/** This fraction of the handles is freed at once, so that not every new connection scans all others. */
const SHARE_LET_GO = 32;
/** How long {@link Connections.problem} reports a rejected client. */
const FULL_MS = 5_000;

/**
 * The connections of a server, which end without losing a request. The side that closes a kept-alive connection may do so
 * at the very moment at which the other side sends its next request; a load balancer cannot repeat a POST or a PATCH that
 * is lost in this way. So the client has to close: every answer says `Connection: close`, and only connections that stay
 * silent are closed from this side.
 *
 * Connections never take the last file handles, which the storage needs. Before that, connections without a request are
 * closed: first those that never carried one, then those that have been idle longest. When all carry a request, new
 * connections are refused.
 */
export class Connections {
  readonly #server: Server;
  readonly #open = new Map<Socket, Connection>();
  readonly #closed: Promise<void>;
  /** The raw sockets of TLS handshakes, by the address of the client. */
  readonly #handshakes = new Map<string, Socket>();
  readonly #maxHandles: number;
  #accepted = 0;
  #running = 0;
  #isRetiring = false;
  #fullUntil = 0;

  /**
   * @param server a server that does not listen yet
   * @param maxHandles how many file handles connections may take, together with what their requests open
   */
  constructor(server: Server, maxHandles = Number.POSITIVE_INFINITY) {
    this.#server = server;
    this.#maxHandles = maxHandles;
    // `close` would cut off connections on which a request is arriving at this moment.
    server.closeIdleConnections = () => undefined;
    this.#closed = new Promise((resolve) => void server.once('close', resolve));
    const isTls = server instanceof TlsServer;
    server.on('connection', (socket: Socket) => (isTls ? this.#addHandshake(socket) : this.#add(socket)));
    if (isTls) server.on('secureConnection', (socket: Socket) => this.#replaceHandshake(socket));
  }

  /** Registers a request; call it before the request is answered. */
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

  /** Why new connections are refused now; `undefined` when they are not. */
  get problem(): string | undefined {
    if (performance.now() >= this.#fullUntil) return undefined;
    return 'requests use all file handles; raise the limit of open files';
  }

  /** From now on every answer tells its client to close the connection; requests are served as before. */
  retire(): void {
    this.#isRetiring = true;
    const now = performance.now();
    for (const connection of this.#open.values()) {
      connection.busyAt = now;
      // Headers that have been sent cannot be changed; such a connection may carry one more request.
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
   * Waits at most `timeoutMs` until all connections have ended; then ends the others. Call it when the listener is closed,
   * or is being closed.
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

  /** Closes connections without a request when there are too many. */
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

  // After the handshake the secure socket shows what the raw one does.
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

/** `undefined` for Unix sockets, whose clients have no address. */
function peerOf({ remoteAddress, remotePort }: Socket): string | undefined {
  return remotePort === undefined ? undefined : `${remoteAddress} ${remotePort}`;
}
