import test from 'ava';
import { digestOf } from '../../../../core/digest/digest.ts';
import { parseTag } from '../../../../core/model/reference.ts';
import { wasComplete } from '../../../../core/storage-copy/copy-report.ts';
import { EmptySourceError } from '../../../../core/storage-copy/storage-copy.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import { tagged } from '../../../helpers/content/registry-content.ts';
import { copied } from '../../../helpers/core/copy-parts.ts';
import { composeCore } from '../../../helpers/core/core-parts.ts';
import { storedFiles } from '../../../helpers/invariants/stored-files.ts';
import { digestOfTag, pushImage, REPOSITORY, text } from './pushed-image.ts';

test('tags that were moved follow without an option, and those that were deleted go with one', async (t) => {
  const [source, target] = [new MemoryDriver(), new MemoryDriver()];
  const core = composeCore(source);
  await pushImage(core, 'moved', text('one'));
  await pushImage(core, 'deleted', text('two'));
  await copied({ source, target });
  const moved = await pushImage(core, 'moved', text('three'));
  await core.manifests.delete(REPOSITORY, tagged('deleted'));
  t.like((await copied({ source, target })).report, { copiedTags: 1, removedTags: 0 });
  t.is(await digestOfTag(target, 'moved'), moved);
  t.not(await digestOfTag(target, 'deleted'), undefined);
  t.like((await copied({ source, target }, { deletes: true, dryRun: true })).report, { removedTags: 1 });
  t.not(await digestOfTag(target, 'deleted'), undefined);
  t.like((await copied({ source, target }, { deletes: true })).report, { removedTags: 1 });
  t.is(await digestOfTag(target, 'deleted'), undefined);
});

test('a manifest that was deleted goes with its links, and content stays for the garbage collection', async (t) => {
  const [source, target] = [new MemoryDriver(), new MemoryDriver()];
  const core = composeCore(source);
  await pushImage(core, 'kept', text('one'));
  const digest = await pushImage(core, 'deleted', text('two'));
  await copied({ source, target });
  const reference = { kind: 'digest', digest } as const;
  await core.manifests.delete(REPOSITORY, reference);
  await core.layers.delete(REPOSITORY, digestOf(text('two')));
  const { report } = await copied({ source, target }, { deletes: true });
  t.like(report, { removedTags: 1, removedManifests: 1 });
  const [left, wanted] = [await storedFiles(target), await storedFiles(source)];
  t.deepEqual(
    [...left.keys()].filter((path) => !wanted.has(path)),
    [],
  );
});

test('a tag stays that the target has whole while the source has it damaged, also where deletes are copied', async (t) => {
  const [source, target] = [new MemoryDriver(), new MemoryDriver()];
  const core = composeCore(source);
  const good = await pushImage(core, 'v1', text('one'));
  await copied({ source, target });
  const damaged = await pushImage(core, 'v1', text('two'));
  await source.write(core.paths.blobData(damaged), text('damaged'));
  await core.manifests.delete(REPOSITORY, { kind: 'digest', digest: good });
  const { report } = await copied({ source, target }, { deletes: true });
  t.like(report, { removedTags: 0, removedManifests: 0 });
  t.is(await digestOfTag(target, 'v1'), good);
});

for (const what of ['wrong', 'missing'])
  test(`a tag whose manifest has ${what} bytes does not keep a copy from being complete, nor a new push from clearing it`, async (t) => {
    const [source, target] = [new MemoryDriver(), new MemoryDriver()];
    const core = composeCore(source);
    await pushImage(core, 'good', text('one'));
    const digest = await pushImage(core, 'v1', text('two'));
    await source.delete(core.paths.blobData(digest));
    if (what === 'wrong') await source.write(core.paths.blobData(digest), text('damaged'));
    const first = await copied({ source, target }, { onlyMissing: true });
    t.like(first.report, { copiedTags: 1, changedMeanwhile: 0 });
    t.true(first.found.includes('tag-dangling team/app v1'));
    const second = await copied({ source, target }, { onlyMissing: true });
    t.true(wasComplete(second.report));
    t.true(second.report.damage > 0);
    await pushImage(composeCore(target), 'v1', text('two'));
    const third = await copied({ source, target }, { onlyMissing: true });
    t.true(wasComplete(third.report));
    t.false(third.found.includes('tag-dangling team/app v1'));
    t.is(await digestOfTag(target, 'v1'), digest);
  });

test('a source without a repository removes nothing', async (t) => {
  const [source, target] = [new MemoryDriver(), new MemoryDriver()];
  await pushImage(composeCore(target), 'v1', text('layer'));
  await t.throwsAsync(copied({ source, target }, { deletes: true }), { instanceOf: EmptySourceError });
  await copied({ source, target });
  t.not(await digestOfTag(target, 'v1'), undefined);
});

test('a target that is in use keeps its tags, and gets what it lacks, also the history of tags', async (t) => {
  const [source, target] = [new MemoryDriver(), new MemoryDriver()];
  const core = composeCore(source);
  const earlier = await pushImage(core, 'both', text('old'));
  const old = await pushImage(core, 'old', text('older'));
  const newer = await pushImage(composeCore(target), 'both', text('new'));
  const { report } = await copied({ source, target }, { onlyMissing: true });
  t.is(report.copiedTags, 1);
  t.is(await digestOfTag(target, 'both'), newer);
  t.is(await digestOfTag(target, 'old'), old);
  for (const digest of [earlier, newer])
    t.not(await target.stat(core.paths.tagIndexLink(REPOSITORY, parseTag('both'), digest)), undefined);
});
