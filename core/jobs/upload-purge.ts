import { DriverError } from '../driver/index.ts';
import type { Purged, UploadPurger } from '../registry/local/upload-purger.ts';
import type { Job, JobRun } from './job.ts';
import { JobUnsupportedError } from './job-unsupported-error.ts';

/** Removes uploads that nobody has continued for a while. Safe when two run at once: each upload is taken before it goes. */
export class UploadPurge implements Job<Purged> {
  readonly name = 'upload-purge';
  readonly summary = 'removes uploads that nobody finished';
  readonly changes = true;
  readonly #purger: UploadPurger;
  readonly #ageMs: number;

  /** @param options.ageMs how long ago the last byte of an upload must have come, in milliseconds */
  constructor(purger: UploadPurger, { ageMs }: { readonly ageMs: number }) {
    this.#purger = purger;
    this.#ageMs = ageMs;
  }

  async run({ dryRun, signal }: JobRun): Promise<Purged> {
    try {
      return await this.#purger.purge({ ageMs: this.#ageMs, dryRun, signal });
    } catch (error) {
      if (!DriverError.is(error, 'not-supported')) throw error;
      throw new JobUnsupportedError('the storage takes no changes, so unfinished uploads stay in it', { cause: error });
    }
  }
}
