import test from 'ava';
import { DriverError, type StoragePath } from '../../../../core/driver/index.ts';
import { MemoryCheckpoint } from '../../../../core/jobs/checkpoint-store.ts';
import type { JobRun } from '../../../../core/jobs/job.ts';
import { JobUnsupportedError } from '../../../../core/jobs/job-unsupported-error.ts';
import { UploadPurge } from '../../../../core/jobs/upload-purge.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import { silentLog } from '../../../../server/jobs/silent-log.ts';
import { name } from '../../../helpers/content/registry-content.ts';
import { composeCore } from '../../../helpers/core/core-parts.ts';
import { storedUpload } from '../../../helpers/core/stored-upload.ts';

const RUN: JobRun = {
  signal: new AbortController().signal,
  dryRun: false,
  log: silentLog,
  checkpoint: new MemoryCheckpoint(),
  progress: () => undefined,
};

/** A storage from which nothing can be removed. */
class KeepingDriver extends MemoryDriver {
  override async delete(path: StoragePath): Promise<void> {
    throw new DriverError('not-supported', { path, driver: this.name });
  }
}

async function begun(driver: MemoryDriver): Promise<ReturnType<typeof composeCore>> {
  const core = composeCore(driver);
  await storedUpload(core, name('app'));
  return core;
}

// A negative age, because the upload has just begun.
const EVERYTHING = { ageMs: -3_600_000 };

test('uploads that have reached the age are removed, and the report counts them', async (t) => {
  const { purger, uploads } = await begun(new MemoryDriver());
  t.deepEqual(await new UploadPurge(purger, EVERYTHING).run({ ...RUN, dryRun: true }), { removed: 1, failed: 0 });
  t.is((await uploads.ids(name('app'))).length, 1);
  t.deepEqual(await new UploadPurge(purger, EVERYTHING).run(RUN), { removed: 1, failed: 0 });
  t.deepEqual(await uploads.ids(name('app')), []);
});

test('a purge reports its progress, and ends soon after its signal aborts', async (t) => {
  const { purger, uploads } = await begun(new MemoryDriver());
  const stopping = new AbortController();
  const progress = (): void => stopping.abort(new Error('enough'));
  const run = new UploadPurge(purger, EVERYTHING).run({ ...RUN, signal: stopping.signal, progress });
  await t.throwsAsync(run, { message: 'enough' });
  t.is((await uploads.ids(name('app'))).length, 1);
});

test('a storage that accepts no changes does not support the job', async (t) => {
  const { purger } = await begun(new KeepingDriver());
  await t.throwsAsync(new UploadPurge(purger, EVERYTHING).run(RUN), {
    instanceOf: JobUnsupportedError,
    message: 'the storage is read-only, so abandoned uploads cannot be removed',
  });
});
