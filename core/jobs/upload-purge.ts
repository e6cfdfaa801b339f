import { DriverError } from '../driver/index.ts';
import type { Purged, UploadPurger } from '../registry/local/upload-purger.ts';
import type { Job, JobRun } from './job.ts';
import { JobUnsupportedError } from './job-unsupported-error.ts';

/**
 * Removes uploads that received no bytes for `ageMs`. Runs may overlap, because each upload is locked before removal.
 */
export class UploadPurge implements Job<Purged> {
  readonly name = 'upload-purge';
  readonly summary = 'removes abandoned uploads';
  readonly changes = true;
  readonly #purger: UploadPurger;
  readonly #ageMs: number;

  /** @param options.ageMs how long an upload must have received no byte, in milliseconds */
  constructor(purger: UploadPurger, { ageMs }: { readonly ageMs: number }) {
    this.#purger = purger;
    this.#ageMs = ageMs;
  }

  async run({ dryRun, signal, progress }: JobRun): Promise<Purged> {
    try {
      return await this.#purger.purge({ ageMs: this.#ageMs, dryRun, signal, onStep: progress });
    } catch (error) {
      if (!DriverError.is(error, 'not-supported')) throw error;
      throw new JobUnsupportedError('the storage is read-only, so abandoned uploads cannot be removed', {
        cause: error,
      });
    }
  }
}
