import type { IncomingMessage } from 'node:http';
import type { Logger } from '../../core/ports/logger.ts';
import { BodyPaces, type PacedBody } from './body-pace.ts';
import { BodyBudget, HeldBody } from './held-body.ts';
import { refuseConnection } from './protocol-errors.ts';

/** Limits of all request bodies of a process. */
export interface BodyLimits {
  /** The largest manifest, in bytes. */
  readonly maxManifestBytes: number;
  /** How long a client may send nothing, in milliseconds; 0 means no limit. */
  readonly idleMs: number;
}

/** All bodies that are held whole may take this much together, or as much as this many of the largest manifests. */
const MIN_HELD_BYTES = 64 * 1024 * 1024;
const MIN_LARGEST_BODIES = 4;
/** A held body must bring 1 KiB/s: the slowest mobile network is faster, and most manifests fit in a packet. */
const HELD_PACE = { windowMs: 20_000, minBytes: 20 * 1024 };
/** Layers are large and networks slow and shared: a stream only has to give a sign of life within the idle time. */
const MIN_STREAM_BYTES = 16 * 1024;
/** The idle time itself ends a body that stops altogether. */
const AFTER_IDLE_MS = 2_000;

/** The bodies that a process is receiving: how much memory they hold, and how slow they may be. */
export class RequestBodies {
  readonly #budget: BodyBudget;
  readonly #paces: BodyPaces;
  readonly #streamWindowMs: number;

  constructor({ maxManifestBytes, idleMs }: BodyLimits, log: Logger) {
    this.#budget = new BodyBudget(Math.max(MIN_HELD_BYTES, MIN_LARGEST_BODIES * maxManifestBytes));
    this.#streamWindowMs = idleMs === 0 ? 0 : idleMs + AFTER_IDLE_MS;
    this.#paces = new BodyPaces((request) => {
      const reason = 'the request body arrived too slowly';
      // The query holds the token of the upload.
      const [path] = request.url?.split('?', 1) ?? [];
      log.info({ reason, path, remote: request.socket.remoteAddress }, 'a request was aborted');
      // Nothing more is read from a client that is being refused.
      request.socket.pause();
      refuseConnection(request.socket, '408 Request Timeout', reason);
    });
  }

  /** Watches a body that is passed on as it arrives. */
  watchStream(request: IncomingMessage): PacedBody {
    return this.#paces.watch(request, { windowMs: this.#streamWindowMs, minBytes: MIN_STREAM_BYTES });
  }

  /** Watches a body that is held whole. */
  watchHeld(request: IncomingMessage): PacedBody {
    return this.#paces.watch(request, HELD_PACE);
  }

  /** Memory for a body, until it is disposed. */
  hold(expectedBytes: number): HeldBody {
    return new HeldBody(this.#budget, expectedBytes);
  }
}
