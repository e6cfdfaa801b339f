import { stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** Milliseconds between two checks of the files. */
const INTERVAL_MS = 2_000;

/** What is watched, and what is called. */
export interface FileWatchOptions {
  readonly files: () => readonly string[];
  /** Called once for everything that changed between two looks; the next look waits for it. */
  readonly changed: () => Promise<void>;
  readonly intervalMs?: number;
}

/**
 * Polls files until it is disposed. The target of a path counts and not the path itself: a Kubernetes ConfigMap changes
 * all of its files by replacing one symbolic link, which watchers of the file system do not report. The first look counts
 * as a change, because the files may have changed since they were read.
 */
export class FileWatch implements AsyncDisposable {
  readonly #ended = new AbortController();
  readonly #looks: Promise<void>;

  constructor(options: FileWatchOptions) {
    this.#looks = this.#look(options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    await this.#looks;
  }

  async #look({ files, changed, intervalMs = INTERVAL_MS }: FileWatchOptions): Promise<void> {
    const { signal } = this.#ended;
    let before: string | undefined;
    for (;;) {
      await delay(intervalMs, undefined, { signal, ref: false }).catch(() => undefined);
      if (signal.aborted) return;
      const now = (await Promise.all(files().map(traceOf))).join('\n');
      if (now === before) continue;
      before = now;
      await changed();
    }
  }
}

/** Differs when the path leads to another file, or its content has changed. */
async function traceOf(path: string): Promise<string> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  if (found === undefined) return 'missing';
  // Reading a pipe changes it.
  if (!found.isFile()) return 'no file';
  return [found.dev, found.ino, found.size, found.mtimeNs, found.ctimeNs].join(' ');
}
