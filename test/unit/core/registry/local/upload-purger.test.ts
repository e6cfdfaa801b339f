import { mkdir, readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import {
  type FileInfo,
  parseStoragePath,
  type StatOptions,
  type StoragePath,
} from '../../../../../core/driver/index.ts';
import { RegistryError } from '../../../../../core/model/errors.ts';
import { createUploadId, type RepositoryName, type UploadId } from '../../../../../core/model/reference.ts';
import { FilesystemDriver } from '../../../../../drivers/filesystem/filesystem-driver.ts';
import { bodyOf, content } from '../../../../../testing/driver-case.ts';
import { name } from '../../../../helpers/content/registry-content.ts';
import { type CoreParts, composeCore } from '../../../../helpers/core/core-parts.ts';
import { type CallSite, DriverWrapper } from '../../../../helpers/drivers/driver-wrapper.ts';
import { eachDriver } from '../../../../helpers/drivers/each-driver.ts';
import { FaultInjector } from '../../../../helpers/drivers/fault-injector.ts';
import { tempRoot } from '../../../../helpers/drivers/temp-root.ts';

const REPOSITORY = name('foo/bar');
const HOUR_MS = 3_600_000;

/** Files with the age that a test wants. */
class AgedDriver extends DriverWrapper {
  readonly #ages = new Map<string, number>();

  age(id: string, ageMs: number): void {
    this.#ages.set(id, ageMs);
  }

  override async stat(path: StoragePath, options?: StatOptions): Promise<FileInfo | undefined> {
    const info = await super.stat(path, options);
    const [, ageMs = 0] = [...this.#ages].find(([id]) => path.includes(id)) ?? [];
    return info && { ...info, modifiedAt: new Date(info.modifiedAt.getTime() - ageMs) };
  }

  protected override around<Result>(_site: CallSite, action: () => Promise<Result>): Promise<Result> {
    return action();
  }
}

/** @param lastByteMs how long ago the last byte came, if that was later than the beginning */
async function begin(
  aged: AgedDriver,
  { layers, driver, paths }: CoreParts,
  {
    ageMs = 0,
    lastByteMs = ageMs,
    repository = REPOSITORY,
  }: { ageMs?: number; lastByteMs?: number; repository?: RepositoryName } = {},
): Promise<UploadId> {
  await using upload = await layers.upload(repository);
  await upload.append({ body: bodyOf(content(100)) });
  const { uuid } = await upload.close();
  const time = new Date(Date.now() - ageMs).toISOString();
  await driver.write(paths.uploadStartedAt(repository, uuid), Buffer.from(time));
  aged.age(uuid, lastByteMs);
  return uuid;
}

eachDriver('the age of an upload counts from its last byte, not from its start', async (t, unaged) => {
  const driver = new AgedDriver(unaged);
  const core = composeCore(driver);
  const old = await begin(driver, core, { ageMs: 3 * HOUR_MS, lastByteMs: 2 * HOUR_MS });
  const slow = await begin(driver, core, { ageMs: 3 * HOUR_MS, lastByteMs: HOUR_MS / 2 });
  t.deepEqual(await core.purger.purge({ ageMs: HOUR_MS, dryRun: false }), { removed: 1, failed: 0 });
  t.deepEqual(await core.uploads.ids(REPOSITORY), [slow]);
  await t.throwsAsync(core.layers.status(REPOSITORY, { uuid: old }), {
    instanceOf: RegistryError,
    message: /UPLOAD_UNKNOWN/,
  });
});

eachDriver('an upload with a start in the future is as old as its last byte', async (t, unaged) => {
  const driver = new AgedDriver(unaged);
  const core = composeCore(driver);
  await begin(driver, core, { ageMs: -9 * HOUR_MS, lastByteMs: 2 * HOUR_MS });
  const young = await begin(driver, core, { ageMs: -9 * HOUR_MS, lastByteMs: 0 });
  t.deepEqual(await core.purger.purge({ ageMs: HOUR_MS, dryRun: false }), { removed: 1, failed: 0 });
  t.deepEqual(await core.uploads.ids(REPOSITORY), [young]);
});

eachDriver(
  'uploads that are older than the age are purged in every repository, and younger ones stay',
  async (t, unaged) => {
    const driver = new AgedDriver(unaged);
    const core = composeCore(driver);
    const other = name('no/manifest/here');
    const old = await begin(driver, core, { ageMs: 2 * HOUR_MS });
    const nested = await begin(driver, core, { ageMs: 3 * HOUR_MS, repository: other });
    const young = await begin(driver, core, { ageMs: HOUR_MS / 2 });
    t.deepEqual(await core.purger.purge({ ageMs: HOUR_MS, dryRun: false }), { removed: 2, failed: 0 });
    await t.throwsAsync(core.layers.status(REPOSITORY, { uuid: old }), {
      instanceOf: RegistryError,
      message: /UPLOAD_UNKNOWN/,
    });
    await t.throwsAsync(core.layers.status(other, { uuid: nested }), {
      instanceOf: RegistryError,
      message: /UPLOAD_UNKNOWN/,
    });
    t.is((await core.layers.status(REPOSITORY, { uuid: young })).offset, 100);
    t.deepEqual(await core.uploads.ids(REPOSITORY), [young]);
  },
);

eachDriver('a dry run removes nothing, and counts what would be removed', async (t, unaged) => {
  const driver = new AgedDriver(unaged);
  const core = composeCore(driver);
  const old = await begin(driver, core, { ageMs: 2 * HOUR_MS });
  t.deepEqual(await core.purger.purge({ ageMs: HOUR_MS, dryRun: true }), { removed: 1, failed: 0 });
  t.is((await core.layers.status(REPOSITORY, { uuid: old })).offset, 100);
});

eachDriver('an upload that a request is writing is not purged', async (t, unaged) => {
  const driver = new AgedDriver(unaged);
  const core = composeCore(driver);
  const uuid = await begin(driver, core, { ageMs: 2 * HOUR_MS });
  const upload = await core.layers.resume(REPOSITORY, { uuid });
  t.deepEqual(await core.purger.purge({ ageMs: HOUR_MS, dryRun: false }), { removed: 0, failed: 0 });
  await upload.close();
  await upload[Symbol.asyncDispose]();
  t.deepEqual(await core.purger.purge({ ageMs: HOUR_MS, dryRun: false }), { removed: 1, failed: 0 });
});

eachDriver(
  'the remains of an upload without a start time are removed when their youngest file is old enough',
  async (t, driver) => {
    const core = composeCore(driver);
    const path = core.paths.uploadHashStates(REPOSITORY, createUploadId(), 'sha256');
    await core.driver.write(core.paths.uploadData(REPOSITORY, createUploadId()), content(3));
    await core.driver.write(`${path}/100` as typeof path, content(3));
    t.deepEqual(await core.purger.purge({ ageMs: HOUR_MS, dryRun: false }), { removed: 0, failed: 0 });
    // A negative age, because the files are new.
    t.deepEqual(await core.purger.purge({ ageMs: -HOUR_MS, dryRun: false }), { removed: 2, failed: 0 });
    t.deepEqual(await core.uploads.ids(REPOSITORY), []);
  },
);

eachDriver(
  'an upload that cannot be removed is counted and tried again, and the others are removed',
  async (t, unaged) => {
    const driver = new AgedDriver(unaged);
    const failing = new FaultInjector(driver);
    const core = composeCore(failing);
    for (let index = 0; index < 3; index += 1) await begin(driver, core, { ageMs: 2 * HOUR_MS });
    failing.failNext('delete');
    t.deepEqual(await core.purger.purge({ ageMs: HOUR_MS, dryRun: false }), { removed: 2, failed: 1 });
    t.deepEqual(await core.purger.purge({ ageMs: HOUR_MS, dryRun: false }), { removed: 1, failed: 0 });
  },
);

eachDriver('two purges at once remove each upload, and neither fails', async (t, unaged) => {
  const driver = new AgedDriver(unaged);
  const [one, two] = [composeCore(driver), composeCore(driver)];
  for (let index = 0; index < 5; index += 1) await begin(driver, one, { ageMs: 2 * HOUR_MS });
  const purged = await Promise.all([one, two].map(({ purger }) => purger.purge({ ageMs: HOUR_MS, dryRun: false })));
  t.deepEqual(
    purged.map(({ failed }) => failed),
    [0, 0],
  );
  t.deepEqual(await one.uploads.ids(REPOSITORY), []);
});

eachDriver('an abort ends a purge between two uploads', async (t, unaged) => {
  const driver = new AgedDriver(unaged);
  const core = composeCore(driver);
  await begin(driver, core, { ageMs: 2 * HOUR_MS });
  const signal = AbortSignal.abort(new Error('the registry stops'));
  await t.throwsAsync(core.purger.purge({ ageMs: HOUR_MS, dryRun: false, signal }), { message: 'the registry stops' });
  t.is((await core.uploads.ids(REPOSITORY)).length, 1);
});

eachDriver('an abort ends a purge between two repositories, even if they have no uploads', async (t, driver) => {
  const core = composeCore(driver);
  for (const repository of ['a', 'b', 'c']) {
    await core.driver.write(parseStoragePath(`${core.paths.repository(name(repository))}/_layers/kept`), content(1));
  }
  const stopping = new AbortController();
  const steps: number[] = [];
  const onStep = (repositories: number): void => {
    steps.push(repositories);
    if (repositories === 1) stopping.abort(new Error('the registry stops'));
  };
  const purging = core.purger.purge({ ageMs: HOUR_MS, dryRun: false, signal: stopping.signal, onStep });
  await t.throwsAsync(purging, { message: 'the registry stops' });
  t.deepEqual(steps, [0, 1]);
});

eachDriver('a purge takes a step with each upload', async (t, unaged) => {
  const driver = new AgedDriver(unaged);
  const core = composeCore(driver);
  for (const ageMs of [2 * HOUR_MS, 0]) await begin(driver, core, { ageMs });
  const steps: number[] = [];
  const onStep = (repositories: number): void => void steps.push(repositories);
  await core.purger.purge({ ageMs: HOUR_MS, dryRun: false, onStep });
  // The folder above the repository might be one as well.
  t.deepEqual(steps, [0, 1, 1, 1]);
});

eachDriver('foreign files and folders are removed when they are old, whatever their names', async (t, unaged) => {
  const driver = new AgedDriver(unaged);
  const core = composeCore(driver);
  const kept = await begin(driver, core);
  const uploads = core.paths.uploads(REPOSITORY);
  for (const stray of ['old-folder/data', 'old-folder/deep/data', 'old-file', 'new-folder/data', 'new-file']) {
    await core.driver.write(parseStoragePath(`${uploads}/${stray}`), content(1));
  }
  driver.age('old-', 2 * HOUR_MS);
  t.deepEqual(await core.purger.purge({ ageMs: HOUR_MS, dryRun: false }), { removed: 2, failed: 0 });
  t.deepEqual([...(await core.uploads.ids(REPOSITORY))].sort(), [kept, 'new-file', 'new-folder'].sort());
});

test('an unreadable folder of uploads leaves the purge working for all other repositories', async (t) => {
  const root = await tempRoot(t);
  const unaged = await FilesystemDriver.open({ rootFolder: root, maxCalls: 25, warn: (text) => t.log(text) });
  const driver = new AgedDriver(unaged);
  const core = composeCore(driver);
  for (const repository of ['a', 'z']) await begin(driver, core, { ageMs: 2 * HOUR_MS, repository: name(repository) });
  const bad = join(root, core.paths.repository(name('m')));
  await mkdir(bad);
  await symlink('_uploads', join(bad, '_uploads'));
  await symlink('worse', join(root, core.paths.repository(name('worse'))));
  t.deepEqual(await core.purger.purge({ ageMs: HOUR_MS, dryRun: false }), { removed: 2, failed: 0 });
});

test('a folder whose name is no valid storage path stays, and its neighbours are purged', async (t) => {
  const root = await tempRoot(t);
  const unaged = await FilesystemDriver.open({ rootFolder: root, maxCalls: 25, warn: (text) => t.log(text) });
  const driver = new AgedDriver(unaged);
  const core = composeCore(driver);
  await begin(driver, core, { ageMs: 2 * HOUR_MS });
  const foreign = [
    join(root, core.paths.uploads(REPOSITORY), 'foo bar'),
    join(root, core.paths.repositories(), 'foo bar', 'x'),
  ];
  for (const folder of foreign) await mkdir(folder, { recursive: true });
  t.deepEqual(await core.purger.purge({ ageMs: HOUR_MS, dryRun: false }), { removed: 1, failed: 0 });
  for (const folder of foreign) t.deepEqual(await readdir(folder), []);
});
