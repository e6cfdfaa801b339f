import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { digestOf } from '../../../../core/digest/digest.ts';
import type { StorageDriver } from '../../../../core/driver/index.ts';
import { TagCleanup } from '../../../../core/jobs/tag-cleanup.ts';
import { parseTag } from '../../../../core/model/reference.ts';
import { TagCleaner } from '../../../../core/registry/local/tag-cleaner.ts';
import { FilesystemDriver } from '../../../../drivers/filesystem/filesystem-driver.ts';
import { silentLog } from '../../../../server/jobs/silent-log.ts';
import { imageIndex, name, tagged } from '../../../helpers/content/registry-content.ts';
import { type CoreParts, composeCore } from '../../../helpers/core/core-parts.ts';
import { jobRun } from '../../../helpers/core/job-run.ts';
import { eachDriver } from '../../../helpers/drivers/each-driver.ts';
import { GatedDriver } from '../../../helpers/drivers/gated-driver.ts';
import { OldFiles } from '../../../helpers/drivers/old-files.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';

const REPOSITORY = name('foo/bar');
const OTHER = name('foo');
const MANIFEST = { bytes: imageIndex([]), contentType: undefined };
const DIGEST = digestOf(MANIFEST.bytes);
const TORN = parseTag('torn');
const ALL = { limit: Number.POSITIVE_INFINITY };

function jobOn({ catalog, tagStore }: CoreParts): TagCleanup {
  return new TagCleanup({ catalog, cleaner: new TagCleaner(tagStore, silentLog) });
}

/** Tags, and the history of one whose link is missing. */
async function withLeftover(driver: StorageDriver): Promise<CoreParts> {
  const core = composeCore(driver);
  await core.manifests.put(OTHER, tagged('c'), MANIFEST);
  for (const tag of ['a', 'z']) await core.manifests.put(REPOSITORY, tagged(tag), MANIFEST);
  await core.links.write(core.paths.tagIndexLink(REPOSITORY, TORN, DIGEST), DIGEST);
  return core;
}

eachDriver('what is left of a tag is counted by a dry run, and removed by a run', async (t, driver) => {
  const core = await withLeftover(new OldFiles(driver));
  t.deepEqual(await jobOn(core).run(jobRun({ dryRun: true })), { repositories: 2, removed: 1 });
  t.deepEqual(await core.tagStore.list(REPOSITORY, ALL), ['a', 'torn', 'z'].map(parseTag));
  t.deepEqual(await jobOn(core).run(jobRun()), { repositories: 2, removed: 1 });
  t.deepEqual(await core.tagStore.list(REPOSITORY, ALL), ['a', 'z'].map(parseTag));
  t.deepEqual(await jobOn(core).run(jobRun()), { repositories: 2, removed: 0 });
  for (const tag of ['a', 'z']) t.is((await core.manifests.get(REPOSITORY, tagged(tag))).digest, DIGEST);
});

eachDriver('a history of today stays, because a push may be about to write the tag', async (t, driver) => {
  const core = await withLeftover(driver);
  t.deepEqual(await jobOn(core).run(jobRun()), { repositories: 2, removed: 0 });
  t.deepEqual(await core.tagStore.list(REPOSITORY, ALL), ['a', 'torn', 'z'].map(parseTag));
});

for (const call of ['delete', 'prune'] as const) {
  eachDriver(`a tag that another process sets before the ${call} of its leftover stays`, async (t, driver) => {
    const gated = new GatedDriver(new OldFiles(driver));
    const core = await withLeftover(gated);
    const gate = gated.holdNext((site) => site.call === call);
    const run = jobOn(core).run(jobRun());
    const hasReached = await Promise.race([gate.reached.then(() => true), run.then(() => false)]);
    t.is(hasReached, call === 'delete' || driver.prune !== undefined);
    await composeCore(driver).manifests.put(REPOSITORY, tagged('torn'), MANIFEST);
    gate.open();
    await run;
    t.is((await core.manifests.get(REPOSITORY, tagged('torn'))).digest, DIGEST);
  });
}

test('an empty folder, which a kill has left before the first file, is removed', async (t) => {
  const rootFolder = await tempRoot(t);
  await using driver = await FilesystemDriver.open({ rootFolder, maxCalls: 10, warn: (text) => t.log(text) });
  const core = await withLeftover(driver);
  const tags = join(rootFolder, core.paths.tags(REPOSITORY));
  await mkdir(join(tags, 'empty', 'current'), { recursive: true });
  t.deepEqual(await jobOn(core).run(jobRun()), { repositories: 2, removed: 1 });
  t.deepEqual((await readdir(tags)).sort(), ['a', 'torn', 'z']);
});

eachDriver('a run ends soon after its signal aborts', async (t, driver) => {
  const core = await withLeftover(new OldFiles(driver));
  const stopping = new AbortController();
  const progress = (): void => stopping.abort(new Error('enough'));
  await t.throwsAsync(jobOn(core).run(jobRun({ signal: stopping.signal, progress })), { message: 'enough' });
  t.true((await core.tagStore.list(REPOSITORY, ALL)).includes(TORN));
});
