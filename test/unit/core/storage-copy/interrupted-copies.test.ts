import test from 'ava';
import { RepositoryChanger } from '../../../../core/admin/repository-changer.ts';
import { digestOf, parseDigest } from '../../../../core/digest/digest.ts';
import { parseStoragePath } from '../../../../core/driver/index.ts';
import { parseTag } from '../../../../core/model/reference.ts';
import { ChangingStorageError } from '../../../../core/storage-copy/storage-copy.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import { name, pushBlob } from '../../../helpers/content/registry-content.ts';
import { copied } from '../../../helpers/core/copy-parts.ts';
import { composeCore } from '../../../helpers/core/core-parts.ts';
import { DatedTags, tagsByTime } from '../../../helpers/drivers/dated-tags.ts';
import { type CallSite, DriverWrapper } from '../../../helpers/drivers/driver-wrapper.ts';
import { eachDriver } from '../../../helpers/drivers/each-driver.ts';
import { storedFiles } from '../../../helpers/invariants/stored-files.ts';
import { digestOfTag, pushImage, REPOSITORY, text } from './pushed-image.ts';

eachDriver('a manifest whose link a killed run did not write is copied by the next one', async (t, target) => {
  const source = new MemoryDriver();
  const core = composeCore(source);
  const digest = await pushImage(core, 'v1', text('layer'));
  const signature = await pushBlob(core.layers, REPOSITORY, text('signature')).then(() => digestOf(text('signature')));
  const path = core.paths.signatureLink(REPOSITORY, digest, signature);
  await source.write(path, text(signature));
  await target.write(path, text(signature));
  await copied({ source, target });
  t.is(await digestOfTag(target, 'v1'), digest);
});

eachDriver('a link that a collection of the target has set aside is copied again', async (t, target) => {
  const source = new MemoryDriver();
  const core = composeCore(source);
  await pushImage(core, 'v1', text('layer'));
  await copied({ source, target });
  const path = core.paths.layerLink(REPOSITORY, digestOf(text('layer')));
  await composeCore(target).collections.setAside('0123456789', path, {});
  t.false((await storedFiles(target)).has(path));
  await copied({ source, target });
  t.true((await storedFiles(target)).has(path));
});

test('the second name of a blob by an algorithm without content is copied, and removed with --delete', async (t) => {
  const [source, target] = [new MemoryDriver(), new MemoryDriver()];
  const core = composeCore(source);
  await pushImage(core, 'v1', text('layer'));
  const path = core.paths.layerLink(REPOSITORY, parseDigest(`tarsum.v1+sha256:${'a'.repeat(64)}`));
  await source.write(path, text(digestOf(text('layer'))));
  await copied({ source, target });
  t.is((await storedFiles(target)).get(path)?.toString(), digestOf(text('layer')));
  await source.delete(path);
  await copied({ source, target }, { deletes: true });
  t.false((await storedFiles(target)).has(path));
});

test('links by an algorithm that nobody knows are reported as damage', async (t) => {
  const [source, target] = [new MemoryDriver(), new MemoryDriver()];
  const { paths } = composeCore(source);
  await pushImage(composeCore(source), 'v1', text('layer'));
  await source.write(parseStoragePath(`${paths.layers(REPOSITORY)}/blake9/${'a'.repeat(64)}/link`), text('blake9:aa'));
  const { report, found } = await copied({ source, target });
  t.deepEqual(found, ['algorithm-unknown team/app']);
  t.is(report.damage, 1);
});

eachDriver('tags are set in the order in which they were set in the source, at different times', async (t, target) => {
  const source = new DatedTags(new MemoryDriver());
  const core = composeCore(source);
  const order = ['m', 'z', 'a', 'q', 'b'];
  for (const tag of order) await pushImage(core, tag, text('layer'));
  source.order = order;
  await copied({ source, target });
  t.deepEqual(await tagsByTime(composeCore(target), REPOSITORY), order.map(parseTag));
});

for (const side of ['source', 'target'] as const) {
  test(`a copy does not begin while a repository of the ${side} is being renamed`, async (t) => {
    const drivers = { source: new MemoryDriver(), target: new MemoryDriver() };
    const core = composeCore(drivers[side]);
    await pushImage(core, 'v1', text('layer'));
    const changer = core.container.get(RepositoryChanger);
    await changer.announce({ action: 'rename', name: REPOSITORY, target: name('apps/web') });
    await t.throwsAsync(copied(drivers), {
      instanceOf: ChangingStorageError,
      message: new RegExp(`in the ${side}, team/app is being renamed to apps/web; wait`),
    });
  });
}

test('a rename that is announced during a copy makes another pass necessary', async (t) => {
  const memory = new MemoryDriver();
  const core = composeCore(memory);
  await pushImage(core, 'v1', text('layer'));
  const target = new MemoryDriver();
  await copied({ source: memory, target });
  class Announcing extends DriverWrapper {
    #isAnnounced = false;

    protected override async around<Result>({ path }: CallSite, action: () => Promise<Result>): Promise<Result> {
      if (!this.#isAnnounced && path === core.paths.tags(REPOSITORY)) {
        this.#isAnnounced = true;
        await core.container.get(RepositoryChanger).announce({ action: 'delete', name: REPOSITORY });
      }
      return action();
    }
  }
  const { report } = await copied({ source: new Announcing(memory), target });
  t.is(report.changedMeanwhile, 1);
});
