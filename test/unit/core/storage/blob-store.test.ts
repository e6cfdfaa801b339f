import { digestOf } from '../../../../core/digest/digest.ts';
import { DriverError, ForwardingDriver } from '../../../../core/driver/index.ts';
import { RegistryError } from '../../../../core/model/errors.ts';
import { at, content, drain, readAll } from '../../../../testing/driver-case.ts';
import { name } from '../../../helpers/content/registry-content.ts';
import { composeCore } from '../../../helpers/core/core-parts.ts';
import { CountingDriver } from '../../../helpers/drivers/counting-driver.ts';
import { type CallSite, DriverWrapper } from '../../../helpers/drivers/driver-wrapper.ts';
import { eachDriver } from '../../../helpers/drivers/each-driver.ts';
import { FaultInjector } from '../../../helpers/drivers/fault-injector.ts';

const BYTES = Buffer.from('the content of a blob');
const DIGEST = digestOf(BYTES);
const ALIAS = digestOf(BYTES, 'sha512');
const REPOSITORY = name('foo/bar');

/** A driver whose files are gone when they are read. */
class VanishingDriver extends DriverWrapper {
  protected override around<Result>({ call, path }: CallSite, action: () => Promise<Result>): Promise<Result> {
    return call === 'read' ? Promise.reject(new DriverError('not-found', { path })) : action();
  }
}

eachDriver('content that is not stored has no size, no bytes and no stream', async (t, driver) => {
  const { blobs } = composeCore(driver);
  t.is(await blobs.size(DIGEST), undefined);
  t.is(await blobs.readSmall(DIGEST, 100), undefined);
  const error = await t.throwsAsync(blobs.open(DIGEST), { instanceOf: RegistryError });
  t.is(error.code, 'BLOB_UNKNOWN');
});

eachDriver('a folder in place of content does not count as content', async (t, driver) => {
  const { blobs, paths } = composeCore(driver);
  await driver.write(at(`${paths.blobData(DIGEST)}/x`), BYTES);
  t.is(await blobs.size(DIGEST), undefined);
});

for (const digest of [DIGEST, ALIAS]) {
  eachDriver(
    `small content is stored under its ${digest.slice(0, 6)}, and not again when the process knows that it is there`,
    async (t, driver) => {
      const counting = new CountingDriver(driver);
      const { blobs, paths } = composeCore(counting);
      await blobs.writeSmall(digest, BYTES);
      t.deepEqual(await readAll(driver, paths.blobData(digest)), BYTES);
      t.is(await blobs.size(digest), BYTES.byteLength);
      t.deepEqual(await blobs.readSmall(digest, BYTES.byteLength), BYTES);
      await blobs.writeSmall(digest, BYTES);
      counting.reset();
      await blobs.writeSmall(digest, BYTES);
      t.is(counting.count('write'), 0);
    },
  );
}

eachDriver('content that was truncated by a crash is written again', async (t, driver) => {
  const { blobs, paths } = composeCore(driver);
  await driver.write(paths.blobData(DIGEST), BYTES.subarray(0, 5));
  await blobs.writeSmall(DIGEST, BYTES);
  t.deepEqual(await blobs.readSmall(DIGEST, 100), BYTES);
});

eachDriver('corrupt and over-long small content is an error, not content', async (t, driver) => {
  const { blobs, paths } = composeCore(driver);
  await driver.write(paths.blobData(DIGEST), Buffer.alloc(BYTES.byteLength));
  await t.throwsAsync(blobs.readSmall(DIGEST, 100), { message: /content stored for sha256:[0-9a-f]+ is corrupt/ });
  await t.throwsAsync(blobs.readSmall(DIGEST, 5), { instanceOf: DriverError, message: /larger than 5 bytes/ });
});

eachDriver('content is streamed in part and whole, and read with seeks', async (t, driver) => {
  const { blobs } = composeCore(driver);
  await blobs.writeSmall(DIGEST, BYTES);
  t.deepEqual(await drain(await blobs.open(DIGEST)), BYTES);
  t.deepEqual(await drain(await blobs.open(DIGEST, { start: 4, end: 11 })), Buffer.from('content'));
  await using reader = await blobs.reader(DIGEST);
  t.is(reader.size, BYTES.byteLength);
});

for (const [what, damaged] of [
  ['nothing', undefined],
  ['what is the same', BYTES],
  ['what was cut', BYTES.subarray(0, 5)],
  ['what was filled with zeros', Buffer.alloc(BYTES.byteLength)],
  ['what has a flipped byte', Buffer.from(BYTES).fill('T', 0, 1)],
] as const) {
  eachDriver(`adopting moves a file to its address, over ${what}`, async (t, driver) => {
    const { blobs, paths } = composeCore(driver);
    if (damaged !== undefined) await driver.write(paths.blobData(DIGEST), damaged);
    await driver.write(at('/uploads/1'), BYTES);
    await blobs.adopt(DIGEST, BYTES.byteLength, (to) => driver.move(at('/uploads/1'), to));
    t.is(await driver.stat(at('/uploads/1')), undefined);
    t.deepEqual(await drain(await blobs.open(DIGEST)), BYTES);
  });

  eachDriver(`if moving shows a gap, adopting replaces ${what} only if it is wrong`, async (t, driver) => {
    const { blobs, paths } = composeCore(new ForwardingDriver(driver, { atomicMove: false }));
    if (damaged !== undefined) await driver.write(paths.blobData(DIGEST), damaged);
    await driver.write(at('/uploads/1'), BYTES);
    let puts = 0;
    await blobs.adopt(DIGEST, BYTES.byteLength, async (to) => {
      puts += 1;
      await driver.move(at('/uploads/1'), to);
    });
    t.is(puts, damaged === BYTES ? 0 : 1);
    t.deepEqual(await drain(await blobs.open(DIGEST)), BYTES);
  });
}

eachDriver('a reader keeps the content that it has opened while the same content is adopted', async (t, driver) => {
  const { blobs, paths } = composeCore(driver);
  const large = content(3_000_000);
  const digest = digestOf(large);
  await driver.write(paths.blobData(digest), large);
  await driver.write(at('/uploads/1'), large);
  const stream = await blobs.open(digest);
  await blobs.adopt(digest, large.byteLength, (to) => driver.move(at('/uploads/1'), to));
  t.true((await drain(stream)).equals(large));
});

eachDriver('empty content belongs to the empty blob, and to no other', async (t, driver) => {
  const { blobs, paths } = composeCore(driver);
  for (const algorithm of ['sha256', 'sha512']) {
    const empty = digestOf(Buffer.alloc(0), algorithm);
    const other = digestOf(BYTES, algorithm);
    for (const digest of [empty, other]) {
      await driver.write(paths.blobData(digest), Buffer.alloc(0));
      await blobs.link(REPOSITORY, digest);
    }
    t.is(await blobs.size(empty), 0);
    t.is(await blobs.size(other), undefined);
    t.is(await blobs.find(REPOSITORY, other), undefined);
    t.is(await blobs.findKnown(REPOSITORY, other), undefined);
    t.is(await blobs.findAnywhere(other), undefined);
  }
});

eachDriver(
  'content of another length than a manifest states is read once, and its digest decides',
  async (t, driver) => {
    const counting = new CountingDriver(driver);
    const { blobs, paths } = composeCore(counting);
    const cut = digestOf(content(1000));
    await driver.write(paths.blobData(cut), content(1000).subarray(0, 999));
    await driver.write(paths.blobData(DIGEST), BYTES);
    t.is(await blobs.size(cut), 999);
    const ask = (): Promise<unknown[]> =>
      Promise.all([blobs.size(cut, { statedSize: 1000 }), blobs.size(DIGEST, { statedSize: BYTES.byteLength + 1 })]);
    t.deepEqual(await Promise.all([ask(), ask()]), [
      [undefined, BYTES.byteLength],
      [undefined, BYTES.byteLength],
    ]);
    t.is(await blobs.size(cut), undefined);
    t.is(counting.count('read'), 2);
    await driver.write(paths.blobData(cut), content(1000));
    t.is(await blobs.size(cut), 1000);
    t.is(counting.count('read'), 2);
  },
);

eachDriver('disputed content that is gone when it is read counts as missing', async (t, driver) => {
  const { blobs, paths, driver: guarded } = composeCore(new VanishingDriver(driver));
  await guarded.write(paths.blobData(DIGEST), BYTES);
  t.is(await blobs.size(DIGEST, { statedSize: 5 }), undefined);
});

eachDriver(
  'content that had the length in a manifest counts as missing when it has become shorter',
  async (t, driver) => {
    const { blobs, paths } = composeCore(driver);
    await driver.write(paths.blobData(DIGEST), BYTES);
    t.is(await blobs.size(DIGEST, { statedSize: BYTES.byteLength }), BYTES.byteLength);
    await driver.write(paths.blobData(DIGEST), BYTES.subarray(0, 5));
    t.is(await blobs.size(DIGEST), undefined);
  },
);

eachDriver('a false size in a manifest of a repository without the blob causes no read of it', async (t, driver) => {
  const counting = new CountingDriver(driver);
  const { blobs, paths } = composeCore(counting);
  await driver.write(paths.blobData(DIGEST), BYTES);
  t.is(await blobs.find(REPOSITORY, DIGEST, { statedSize: 1 }), undefined);
  const reads = counting.count('read');
  t.is(await blobs.size(DIGEST), BYTES.byteLength);
  t.is(counting.count('read'), reads);
});

eachDriver('a repository has a blob if it has the link and the content exists', async (t, driver) => {
  const { blobs, paths } = composeCore(driver);
  await blobs.writeSmall(DIGEST, BYTES);
  t.is(await blobs.find(REPOSITORY, DIGEST), undefined);
  await blobs.link(REPOSITORY, DIGEST);
  t.deepEqual(await blobs.find(REPOSITORY, DIGEST), { digest: DIGEST, size: BYTES.byteLength });
  t.is(await blobs.find(name('foo'), DIGEST), undefined);
  t.is(await blobs.find(name('foo/bar/baz'), DIGEST), undefined);
  await driver.delete(paths.blobData(DIGEST));
  t.is(await blobs.find(REPOSITORY, DIGEST), undefined);
});

eachDriver('a link that distribution made for an alias leads to the canonical content', async (t, driver) => {
  const { blobs, paths, links } = composeCore(driver);
  await blobs.writeSmall(DIGEST, BYTES);
  await links.write(paths.layerLink(REPOSITORY, ALIAS), DIGEST);
  t.deepEqual(await blobs.find(REPOSITORY, ALIAS), { digest: DIGEST, size: BYTES.byteLength });
});

for (const torn of ['', DIGEST.slice(0, 20), 'garbage']) {
  eachDriver(`a link with ${JSON.stringify(torn)} in it gives the repository nothing`, async (t, driver) => {
    const { blobs, paths } = composeCore(driver);
    await blobs.writeSmall(DIGEST, BYTES);
    await driver.write(paths.layerLink(REPOSITORY, DIGEST), Buffer.from(torn));
    t.is(await blobs.find(REPOSITORY, DIGEST), undefined);
  });
}

eachDriver('unlinking removes the blob from one repository and reports whether it had it', async (t, driver) => {
  const { blobs } = composeCore(driver);
  const other = name('foo/other');
  await blobs.writeSmall(DIGEST, BYTES);
  for (const repository of [REPOSITORY, other]) await blobs.link(repository, DIGEST);
  t.true(await blobs.unlink(REPOSITORY, DIGEST));
  t.false(await blobs.unlink(REPOSITORY, DIGEST));
  t.is(await blobs.find(REPOSITORY, DIGEST), undefined);
  t.truthy(await blobs.find(other, DIGEST));
  t.is(await blobs.size(DIGEST), BYTES.byteLength);
});

eachDriver('a failing backend is an error, never a missing blob', async (t, driver) => {
  const failing = new FaultInjector(driver);
  const { blobs } = composeCore(failing);
  await blobs.writeSmall(DIGEST, BYTES);
  await blobs.link(REPOSITORY, DIGEST);
  const calls: ReadonlyArray<() => Promise<unknown>> = [
    () => blobs.size(DIGEST),
    () => blobs.find(REPOSITORY, DIGEST),
    () => blobs.open(DIGEST),
    () => blobs.readSmall(DIGEST, 100),
    () => blobs.unlink(REPOSITORY, DIGEST),
  ];
  for (const call of calls) {
    failing.failAt(0);
    await t.throwsAsync(call(), { instanceOf: DriverError, message: /unavailable/ });
  }
});
