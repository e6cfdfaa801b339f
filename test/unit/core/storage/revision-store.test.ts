import { setImmediate } from 'node:timers/promises';
import { digestOf } from '../../../../core/digest/digest.ts';
import { DriverError } from '../../../../core/driver/index.ts';
import { OCI_IMAGE_MANIFEST } from '../../../../core/model/media-types.ts';
import { name } from '../../../helpers/content/registry-content.ts';
import { composeCore } from '../../../helpers/core/core-parts.ts';
import { eachDriver } from '../../../helpers/drivers/each-driver.ts';
import { FaultInjector } from '../../../helpers/drivers/fault-injector.ts';
import { GatedDriver } from '../../../helpers/drivers/gated-driver.ts';

const REPOSITORY = name('foo/bar');
const BYTES = Buffer.from('{"a":1}');
const DIGEST = digestOf(BYTES);

for (const digest of [DIGEST, digestOf(BYTES, 'sha512')]) {
  eachDriver(`a manifest is kept by its ${digest.slice(0, 6)} in its repository alone`, async (t, driver) => {
    const { revisions } = composeCore(driver);
    t.false(await revisions.has(REPOSITORY, digest));
    t.is(await revisions.read(digest), undefined);
    await revisions.put(REPOSITORY, digest, BYTES);
    t.true(await revisions.has(REPOSITORY, digest));
    t.false(await revisions.has(name('foo'), digest));
    t.deepEqual(await revisions.read(digest), BYTES);
  });
}

eachDriver(
  'the bytes and the link are written at the same time, the entry of a referrer after both',
  async (t, driver) => {
    const gated = new GatedDriver(driver);
    const { revisions, paths } = composeCore(gated);
    const subject = digestOf(Buffer.from('subject'));
    const descriptor = { mediaType: OCI_IMAGE_MANIFEST, digest: DIGEST, size: BYTES.length };
    const [bytes, link, entry] = [
      paths.blobData(DIGEST),
      paths.revisionLink(REPOSITORY, DIGEST),
      paths.referrerDescriptor(REPOSITORY, subject, DIGEST),
    ].map((path) => gated.holdNext((site) => site.call === 'write' && site.path === path));
    const put = revisions.put(REPOSITORY, DIGEST, BYTES, { subject, descriptor });
    await Promise.all([bytes?.reached, link?.reached]);
    let isEarly = true;
    void entry?.reached.then(() => t.false(isEarly));
    link?.open();
    await setImmediate();
    isEarly = false;
    for (const gate of [bytes, entry]) gate?.open();
    await put;
    t.true(await revisions.hasWhole(REPOSITORY, DIGEST));
  },
);

eachDriver('a link whose bytes a crash has lost is not a whole manifest', async (t, driver) => {
  const { revisions, links, paths } = composeCore(driver);
  await links.write(paths.revisionLink(REPOSITORY, DIGEST), DIGEST);
  t.true(await revisions.has(REPOSITORY, DIGEST));
  t.false(await revisions.hasWhole(REPOSITORY, DIGEST));
});

eachDriver('bytes that were changed on the disk are noticed', async (t, driver) => {
  const { revisions, paths } = composeCore(driver);
  await revisions.put(REPOSITORY, DIGEST, BYTES);
  const changed = [Buffer.from('{"a":2}'), Buffer.from('{"a"'), Buffer.concat([BYTES, BYTES]), Buffer.alloc(0)];
  for (const bytes of changed) {
    await driver.write(paths.blobData(DIGEST), bytes);
    await t.throwsAsync(revisions.read(DIGEST), { message: /corrupt/ });
  }
});

eachDriver('a torn link, or one that names another manifest, gives the repository nothing', async (t, driver) => {
  const { revisions, paths } = composeCore(driver);
  for (const text of ['', DIGEST.slice(0, 30), digestOf(Buffer.from('other'))]) {
    await driver.write(paths.revisionLink(REPOSITORY, DIGEST), Buffer.from(text));
    t.false(await revisions.has(REPOSITORY, DIGEST));
  }
});

eachDriver('removing deletes the manifest from one repository and reports whether it existed', async (t, driver) => {
  const { revisions } = composeCore(driver);
  for (const repository of [REPOSITORY, name('foo')]) await revisions.put(repository, DIGEST, BYTES);
  t.true(await revisions.remove(REPOSITORY, DIGEST));
  t.false(await revisions.remove(REPOSITORY, DIGEST));
  t.false(await revisions.has(REPOSITORY, DIGEST));
  t.true(await revisions.has(name('foo'), DIGEST));
  t.deepEqual(await revisions.read(DIGEST), BYTES);
});

eachDriver('a failing backend is an error, never a missing manifest', async (t, driver) => {
  const failing = new FaultInjector(driver);
  const { revisions } = composeCore(failing);
  await revisions.put(REPOSITORY, DIGEST, BYTES);
  const calls = [
    () => revisions.has(REPOSITORY, DIGEST),
    () => revisions.read(DIGEST),
    () => revisions.remove(REPOSITORY, DIGEST),
  ];
  for (const call of calls) {
    failing.failAt(0);
    await t.throwsAsync<Error>(Promise.resolve(call()), { instanceOf: DriverError, message: /unavailable/ });
  }
});
