import { errorMessage } from '../loading/error-message.ts';

/** How long a changed file may go unnoticed, in milliseconds. */
const LOOK_EVERY_MS = 5_000;

/** What files hold. */
export interface FilesContent<Content> {
  readonly content: Content;
  /** Taken before the content is read, so that a change in between is noticed the next time. */
  readonly stamp: string;
}

/** How {@link RereadFiles} reads its files. */
export interface FileReading<Content> {
  /** A text that differs after each change. @throws Error that says which file cannot be used */
  readonly stamp: () => Promise<string>;
  /** @throws Error that says which file cannot be used */
  readonly read: () => Promise<FilesContent<Content>>;
  /** Called when changed files have been read. */
  readonly onRead: (content: Content) => void;
  /** Called when changed files cannot be used. */
  readonly onFailure: (reason: string) => void;
  /** The time in milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * What files hold. They are read again within five seconds after one has changed; if they cannot be used, what was read
 * last stays in effect.
 */
export class RereadFiles<Content> {
  readonly #reading: FileReading<Content>;
  #last: FilesContent<Content>;
  #stamp: string;
  #lookedAt: number;
  #looking: Promise<void> | undefined;

  private constructor(reading: FileReading<Content>, first: FilesContent<Content>) {
    this.#reading = reading;
    this.#last = first;
    this.#stamp = first.stamp;
    this.#lookedAt = reading.now();
  }

  /** @throws what `read` throws */
  static async open<Content>(reading: FileReading<Content>): Promise<RereadFiles<Content>> {
    return new RereadFiles(reading, await reading.read());
  }

  /** The content as of at most five seconds ago; another object after each change. */
  async current(): Promise<Content> {
    // Clocks may be set back.
    if (Math.abs(this.#reading.now() - this.#lookedAt) >= LOOK_EVERY_MS) {
      this.#looking ??= this.#look().finally(() => {
        this.#looking = undefined;
      });
      await this.#looking;
    }
    return this.#last.content;
  }

  async #look(): Promise<void> {
    const { stamp: ask, read, onRead, onFailure, now } = this.#reading;
    const stamp = await ask().catch((error: unknown) => `cannot be examined: ${errorMessage(error)}`);
    this.#lookedAt = now();
    if (stamp === this.#stamp) return;
    this.#stamp = stamp;
    try {
      this.#last = await read();
      this.#stamp = this.#last.stamp;
      onRead(this.#last.content);
    } catch (error) {
      onFailure(errorMessage(error));
    }
  }
}
