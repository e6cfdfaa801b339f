/** A file or folder that is open. */
export interface Opened {
  readonly path: string;
  /** Whether each write returns when its bytes are durable (`O_DSYNC`). */
  readonly isDurable: boolean;
}

/** A call that changes names or sizes. */
export type Change =
  | { readonly call: 'mkdir' | 'rmdir' | 'unlink'; readonly path: string }
  | { readonly call: 'rename' | 'link' | 'copyFile'; readonly path: string; readonly to: string }
  | { readonly call: 'truncate'; readonly path: string; readonly size: number }
  | { readonly call: 'truncate'; readonly opened: Opened; readonly size: number }
  | { readonly call: 'open'; readonly opened: Opened };

/** A call that writes bytes or makes something durable. */
export type Sync =
  | {
      readonly call: 'write';
      readonly opened: Opened;
      /** Absent: at the start. */
      readonly position: number | undefined;
      readonly bytes: Buffer;
      readonly isDurable: boolean;
    }
  | { readonly call: 'fsync' | 'fdatasync'; readonly opened: Opened };

/** The recorded events, in order. */
export type FileEvent =
  | { readonly kind: 'change'; readonly change: Change }
  | { readonly kind: 'begin' | 'end'; readonly sync: Sync }
  /** A note of the test, for example what a client was told. */
  | { readonly kind: 'note'; readonly note: unknown };

/**
 * Records calls. Changes run one at a time, so that their order in the record is that in the file system. Writes and
 * syncs run concurrently with them, and have a beginning and an end. Only calls that succeeded are changes.
 */
class Recorder {
  /** The events since the last {@link start}. */
  events: FileEvent[] = [];
  /** Each call with its name and path, including failed ones, as `strace` would list them. */
  calls: { readonly call: string; readonly path: string }[] = [];
  /** Lets a call fail. */
  refuse: (call: string, path: string) => Error | undefined = () => undefined;
  #last: Promise<unknown> = Promise.resolve();

  start(): void {
    this.events = [];
    this.calls = [];
  }

  note(note: unknown): void {
    this.events.push({ kind: 'note', note });
  }

  async change<Result>(change: Change, action: () => Promise<Result>): Promise<Result> {
    this.#count(change.call, 'opened' in change ? change.opened.path : change.path);
    const running = this.#last.then(async () => {
      const result = await action();
      this.events.push({ kind: 'change', change });
      return result;
    });
    this.#last = running.catch(() => undefined);
    return running;
  }

  async sync<Result>(sync: Sync, action: () => Promise<Result>): Promise<Result> {
    this.#count(sync.call, sync.opened.path);
    this.events.push({ kind: 'begin', sync });
    const result = await action();
    this.events.push({ kind: 'end', sync });
    return result;
  }

  async look<Result>(call: string, path: string, action: () => Promise<Result>): Promise<Result> {
    this.#count(call, path);
    return action();
  }

  lookNow<Result>(call: string, path: string, action: () => Result): Result {
    this.#count(call, path);
    return action();
  }

  /** A folder that is opened without waiting. */
  openNow<Result>(opened: Opened, action: () => Result): Result {
    this.#count('open', opened.path);
    const result = action();
    this.events.push({ kind: 'change', change: { call: 'open', opened } });
    return result;
  }

  #count(call: string, path: string): void {
    this.calls.push({ call, path });
    const error = this.refuse(call, path);
    if (error !== undefined) throw error;
  }
}

/** The recorder of this thread. */
export const recorder = new Recorder();
