import test from 'ava';
import { QuarantineAdministration } from '../../../../core/admin/quarantine-administration.ts';
import { digestOf } from '../../../../core/digest/digest.ts';
import { RegistryError } from '../../../../core/model/errors.ts';
import { QuarantineStore } from '../../../../core/storage/quarantine-store.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import { name, pushBlob } from '../../../helpers/content/registry-content.ts';
import { type CoreParts, composeCore } from '../../../helpers/core/core-parts.ts';
import { scrubbedAnew } from '../../../helpers/core/scrub-parts.ts';
import { eachDriver } from '../../../helpers/drivers/each-driver.ts';

const REPOSITORY = name('team/app');
const BYTES = Buffer.from('the content of a blob');
const DIGEST = digestOf(BYTES);
const WRONG = Buffer.from('the content of a blog');
const { signal } = new AbortController();
const ALL = { limit: 10, after: undefined };

function administration(core: CoreParts): QuarantineAdministration {
  return core.container.get(QuarantineAdministration);
}

eachDriver('damaged content is listed, is replaced by a push, and is dropped', async (t, driver) => {
  const core = composeCore(driver);
  await pushBlob(core.layers, REPOSITORY, BYTES);
  await driver.write(core.paths.blobData(DIGEST), WRONG);
  t.deepEqual(await administration(core).list(ALL), { contents: [], next: undefined });
  await scrubbedAnew(driver);
  const { contents } = await administration(composeCore(driver)).list(ALL);
  t.like(contents, [{ digest: DIGEST, size: WRONG.byteLength, isReplaced: false }]);
  const served = composeCore(driver);
  t.false(await served.layers.exists(REPOSITORY, DIGEST));
  await pushBlob(served.layers, REPOSITORY, BYTES);
  t.like((await administration(served).list(ALL)).contents, [{ isReplaced: true }]);
  t.deepEqual(await administration(served).drop(DIGEST, signal), { dropped: 1 });
  t.deepEqual(await administration(served).list(ALL), { contents: [], next: undefined });
  t.true(await composeCore(driver).layers.exists(REPOSITORY, DIGEST));
});

eachDriver('content that was read wrong is released, and never dropped', async (t, driver) => {
  const core = composeCore(driver);
  await pushBlob(core.layers, REPOSITORY, BYTES);
  const id = await core.container.get(QuarantineStore).take(DIGEST);
  t.truthy(id);
  await t.throwsAsync(administration(core).drop(DIGEST, signal), {
    instanceOf: RegistryError,
    message: /STATE_CONFLICT.*matches.*release it/,
  });
  t.deepEqual(await administration(core).release(DIGEST, signal), { size: BYTES.byteLength });
  t.true(await composeCore(driver).layers.exists(REPOSITORY, DIGEST));
  await t.throwsAsync(administration(core).release(DIGEST, signal), { message: /BLOB_UNKNOWN.*not in quarantine/ });
});

test('what does not match its digest is never released, and what matches beside it is', async (t) => {
  const driver = new MemoryDriver();
  const core = composeCore(driver);
  const quarantine = core.container.get(QuarantineStore);
  await driver.write(core.paths.blobData(DIGEST), WRONG);
  await quarantine.take(DIGEST);
  await t.throwsAsync(administration(core).release(DIGEST, signal), { message: /STATE_CONFLICT.*does not match/ });
  t.false(await core.container.get(QuarantineStore).stored(DIGEST).then(Boolean));
  await driver.write(core.paths.blobData(DIGEST), BYTES);
  await quarantine.take(DIGEST);
  await administration(core).release(DIGEST, signal);
  t.is((await quarantine.stored(DIGEST))?.size, BYTES.byteLength);
  t.is((await quarantine.ids(DIGEST)).length, 1);
  t.deepEqual(await administration(core).drop(DIGEST, signal), { dropped: 1 });
});

test('a copy that a repair is making is neither listed nor touched', async (t) => {
  const driver = new MemoryDriver();
  const core = composeCore(driver);
  const quarantine = core.container.get(QuarantineStore);
  const move = await quarantine.copy(
    DIGEST,
    (async function* () {
      yield WRONG;
    })(),
    { signal },
  );
  t.deepEqual((await administration(core).list(ALL)).contents, []);
  for (const change of ['release', 'drop'] as const)
    await t.throwsAsync(administration(core)[change](DIGEST, signal), { message: /BLOB_UNKNOWN/ });
  await move(core.paths.blobData(DIGEST));
  t.is((await quarantine.stored(DIGEST))?.size, WRONG.byteLength);
});

test('the list comes in pages that hold everything once', async (t) => {
  const driver = new MemoryDriver();
  const core = composeCore(driver);
  const quarantine = core.container.get(QuarantineStore);
  for (const text of ['a', 'b', 'c']) {
    const digests = [digestOf(Buffer.from(text)), digestOf(Buffer.from(text), 'sha512')];
    for (const digest of [...digests, ...digests]) {
      await driver.write(core.paths.blobData(digest), WRONG);
      await quarantine.take(digest);
    }
  }
  const all = (await administration(core).list({ limit: 1000, after: undefined })).contents;
  t.is(all.length, 12);
  for (const limit of [1, 2, 5, 12]) {
    const paged = [];
    let after: string | undefined;
    do {
      const page = await administration(core).list({ limit, after });
      paged.push(...page.contents);
      after = page.next;
    } while (after !== undefined);
    t.deepEqual(paged, all, `pages of ${limit}`);
  }
});
