import { setTimeout as delay } from 'node:timers/promises';
import { type Answer, answerTo, openRequest, type Target } from '../../../helpers/http/http-request.ts';
import type { Random } from '../../simulation/random.ts';
import type { Ledger } from './ledger.ts';

const MAX_ATTEMPTS = 200;
const FIRST_PAUSE_MS = 20;
const MAX_PAUSE_MS = 1000;

/** When a client abandons a connection and tries another one, in milliseconds. */
const PATIENCE_MS = { least: 1000, range: 3000 };

/** A request with its body. */
interface SmallRequest {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

/** The parts of a client. */
interface ClientOptions {
  readonly ledger: Ledger;
  readonly random: Random;
  readonly signal?: AbortSignal;
}

/** Asks a registry through its balancer, and again when an instance has gone, as long as that is safe. */
export class CarefulClient {
  readonly #target: Target;
  readonly ledger: Ledger;
  readonly random: Random;
  readonly #signal: AbortSignal | undefined;

  /** @param options.signal ends all attempts when their outcome is no longer needed */
  constructor(target: Target, { ledger, random, signal }: ClientOptions) {
    this.#target = target;
    this.ledger = ledger;
    this.random = random;
    this.#signal = signal;
  }

  /** One attempt; `undefined` when there was no answer, or one that says nothing about the request itself. */
  async tryOnce(method: string, path: string, options?: SmallRequest): Promise<Answer | undefined> {
    try {
      const answer = await this.#send(method, path, options);
      if (answer.status < 500 && answer.status !== 429) return answer;
      this.ledger.retry(`${method} ${answer.status}`);
    } catch (error) {
      this.ledger.retry(`${method} ${codeOf(error)}`);
    }
    return undefined;
  }

  /** Repeats what may be repeated until it is answered. */
  async ask(method: string, path: string, options?: SmallRequest): Promise<Answer> {
    for (const attempt of attempts(`${method} ${path}`)) {
      const answer = await this.tryOnce(method, path, options);
      if (answer !== undefined) return answer;
      await this.pause(attempt);
    }
    throw new Error('not reached');
  }

  /** Gives up after a while: the instance may be asleep, and act on the request later. */
  async #send(method: string, path: string, { headers, body }: SmallRequest = {}): Promise<Answer> {
    const length = body === undefined ? {} : { 'Content-Length': String(body.byteLength) };
    const request = openRequest(this.#target, method, path, { headers: { ...length, ...headers } });
    const patienceMs = PATIENCE_MS.least + this.random.below(PATIENCE_MS.range);
    const timer = setTimeout(() => request.destroy(new OutOfPatience()), patienceMs);
    try {
      const answer = answerTo(request);
      request.end(body);
      return await answer;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Waits before the next attempt, longer each time. */
  async pause(attempt: number): Promise<void> {
    const pauseMs = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt) * (0.5 + this.random.next() / 2);
    await delay(pauseMs, undefined, { signal: this.#signal });
  }
}

class OutOfPatience extends Error {
  readonly code = 'out of patience';
}

/** Counts attempts, and throws when there were too many. */
export function* attempts(what: string): Generator<number> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) yield attempt;
  throw new Error(`${what}: given up after ${MAX_ATTEMPTS} attempts`);
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
