import type { Redis } from 'ioredis';
import { z } from 'zod';
import { HEARD_MS } from './broadcast-scripts.ts';
import { keepTrying, openSubscriber } from './open-client.ts';
import type { RedisSettings } from './redis-settings.ts';

const Message = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ping'), last: z.int().min(0), text: z.string() }),
  z.object({
    kind: z.literal('message'),
    last: z.int().min(1),
    from: z.string(),
    subject: z.string(),
    text: z.string(),
    id: z.int(),
  }),
  z.object({ kind: z.literal('acted'), by: z.string(), id: z.int() }),
]);

/** A message of another process. */
export type BroadcastMessage = Extract<z.output<typeof Message>, { kind: 'message' }>;
export type Acted = Extract<z.output<typeof Message>, { kind: 'acted' }>;

/** Acts on what is received. Nothing may throw. */
export interface Listener {
  readonly message: (message: BroadcastMessage) => void;
  readonly acted: (acted: Acted) => void;
  /** Messages may have been missed. */
  readonly missed: () => void;
  /** The subscription is active (again), and must be proven by a heartbeat. */
  readonly listening: () => void;
}

/** How long without a heartbeat, while Redis answers, until the connection is replaced, in milliseconds. */
const DEAF_MS = 3 * HEARD_MS;

/** Receives the messages on the channels of one process, in order, and detects whether any was lost. */
export class RedisSubscription implements Disposable {
  readonly #client: Redis;
  readonly #listener: Listener;
  #isClosing = false;
  #isListening = false;
  #last: number | undefined;
  #heardAt = Number.NEGATIVE_INFINITY;
  #connectedAt = Number.NEGATIVE_INFINITY;

  constructor(settings: RedisSettings, channels: readonly string[], listener: Listener) {
    this.#listener = listener;
    this.#client = openSubscriber(settings);
    // The connection for commands reports what is wrong.
    this.#client.on('error', () => undefined);
    this.#client.on('ready', () => void this.#subscribe(channels));
    this.#client.on('close', () => this.#deaf());
    keepTrying(this.#client, settings, () => !this.#isClosing);
    this.#client.on('message', (_channel: string, text: string) => this.#receive(text));
  }

  /** Whether messages that are published now will arrive. */
  get isListening(): boolean {
    return this.#isListening;
  }

  /** Whether everything that was published until three seconds ago has arrived. */
  get isConnected(): boolean {
    return performance.now() - this.#heardAt < HEARD_MS;
  }

  /** Reconnects if nothing arrives although Redis answers. */
  revive(): void {
    const now = performance.now();
    if (now - this.#heardAt < DEAF_MS || now - this.#connectedAt < DEAF_MS) return;
    this.#connectedAt = now;
    this.#client.disconnect(true);
  }

  [Symbol.dispose](): void {
    this.#isClosing = true;
    this.#deaf();
    this.#client.disconnect();
  }

  async #subscribe(channels: readonly string[]): Promise<void> {
    this.#connectedAt = performance.now();
    try {
      await this.#client.subscribe(...channels);
      this.#isListening = true;
      this.#listener.listening();
    } catch {
      // A connection that broke meanwhile is already being reestablished.
      if (this.#client.status === 'ready') this.#client.disconnect(true);
    }
  }

  #deaf(): void {
    this.#isListening = false;
    this.#heardAt = Number.NEGATIVE_INFINITY;
    this.#last = undefined;
  }

  #receive(text: string): void {
    const message = parse(text);
    if (message === undefined) return;
    if (message.kind === 'acted') {
      this.#listener.acted(message);
      return;
    }
    const expected = message.kind === 'ping' ? this.#last : this.#last === undefined ? undefined : this.#last + 1;
    if (message.last !== expected) this.#listener.missed();
    this.#last = message.last;
    if (message.kind === 'message') this.#listener.message(message);
    else this.#heardAt = sentAt(message.text);
  }
}

/** When a heartbeat was sent, by the monotonic clock of this process; the text comes back unchanged. */
function sentAt(text: string): number {
  const time = Number(text);
  return time <= performance.now() ? time : Number.NEGATIVE_INFINITY;
}

function parse(text: string): z.output<typeof Message> | undefined {
  try {
    return Message.parse(JSON.parse(text));
  } catch {
    // Sent by another program.
    return undefined;
  }
}
