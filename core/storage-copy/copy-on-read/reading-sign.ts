import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../../ports/logger.ts';
import type { ReadingInstances } from './reading-instances.ts';

/** How often a sign is renewed, in milliseconds. */
const RENEWED_EVERY_MS = 60_000;

/** Says in the storage, until it is disposed, that this process reads an old storage as well. */
export class ReadingSign implements AsyncDisposable {
  readonly #instances: Pick<ReadingInstances, 'sign' | 'withdraw'>;
  readonly #log: Pick<Logger, 'warn'>;
  readonly #everyMs: number;
  readonly #id = randomUUID();
  readonly #ending = new AbortController();
  #renewing: Promise<void> = Promise.resolve();

  constructor(
    instances: Pick<ReadingInstances, 'sign' | 'withdraw'>,
    { log, everyMs = RENEWED_EVERY_MS }: { readonly log: Pick<Logger, 'warn'>; readonly everyMs?: number },
  ) {
    this.#instances = instances;
    this.#log = log;
    this.#everyMs = everyMs;
  }

  /** Resolves when the sign is there, and renews it from then on. */
  async begin(): Promise<void> {
    await this.#sign();
    this.#renewing = this.#renew();
  }

  /** Withdraws the sign. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    await this.#renewing;
    await this.#instances.withdraw(this.#id).catch(() => undefined);
  }

  async #renew(): Promise<void> {
    const { signal } = this.#ending;
    const hasWaited = (): Promise<boolean> =>
      delay(this.#everyMs, undefined, { signal, ref: false }).then(
        () => true,
        () => false,
      );
    while (await hasWaited()) await this.#sign();
  }

  /** A storage that takes no writes takes no pushes either, which a sign would protect. */
  async #sign(): Promise<void> {
    await this.#instances
      .sign(this.#id)
      .catch((error) =>
        this.#log.warn({ err: error }, 'other instances cannot know that this one reads an old storage'),
      );
  }
}
