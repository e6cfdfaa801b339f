import type { CopyEvent } from '../../client/copy/copy-event.ts';
import type { ProgressView } from './progress-view.ts';

/** Programs draw no smoother than this. */
const EVERY_MS = 250;

/** One line of JSON for each event, for programs; errors are their messages. Of progress they get the newest. */
export class JsonProgress implements ProgressView {
  readonly everyMs = EVERY_MS;
  readonly #complain: (line: string) => void;
  readonly #failures = new Set<unknown>();
  readonly #progress = new Map<string, CopyEvent>();

  constructor({ complain }: { readonly complain: (line: string) => void }) {
    this.#complain = complain;
  }

  apply(event: CopyEvent): void {
    if (event.type === 'blob-progress') {
      this.#progress.set(event.blob.digest, event);
      return;
    }
    if (event.type === 'blob-done' || event.type === 'blob-failed') this.#progress.delete(event.blob.digest);
    this.#write(event.type === 'blob-failed' ? this.#ownFailure(event) : event);
  }

  tick(): void {
    for (const event of this.#progress.values()) this.#write(event);
    this.#progress.clear();
  }

  end(): void {
    this.tick();
  }

  /** A blob that is ended because another one has failed comes with the error of that one. */
  #ownFailure(event: CopyEvent & { readonly type: 'blob-failed' }): CopyEvent {
    const isOfAnother = this.#failures.has(event.error);
    this.#failures.add(event.error);
    return isOfAnother ? { ...event, error: 'ended because another blob failed' } : event;
  }

  #write(event: CopyEvent): void {
    this.#complain(JSON.stringify(event, (_, value: unknown) => (value instanceof Error ? value.message : value)));
  }
}
