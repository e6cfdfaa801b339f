import { stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** Time between two looks at the files, in milliseconds. */
const INTERVAL_MS = 2_000;

/** What is watched, and who is told. */
export interface FileWatchOptions {
  readonly files: () => readonly string[];
  /** Told once for all that changed between two looks; the next look waits for it. */
  readonly changed: () => Promise<void>;
  readonly intervalMs?: number;
}

/**
 * Looks at files from time to time, until it is disposed. What a path leads to counts and not the path itself: behind
 * the symbolic links of a Kubernetes ConfigMap, everything changes by the move of one link, of which no watching of the
 * file system tells. The first look counts as a change, because nobody has looked since the files were read.
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

/** Differs when the file behind the path is another one, or has other content. */
async function traceOf(path: string): Promise<string> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  if (found === undefined) return 'missing';
  // Reading a pipe changes it.
  if (!found.isFile()) return 'no file';
  return [found.dev, found.ino, found.size, found.mtimeNs, found.ctimeNs].join(' ');
}
