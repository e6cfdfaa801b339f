import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import test from 'ava';
import { type Digest, digestOf } from '../../../../core/digest/digest.ts';
import {
  DriverError,
  ForwardingDriver,
  type ReadOptions,
  type ReadStream,
  type StorageDriver,
  type StoragePath,
} from '../../../../core/driver/index.ts';
import { FilesystemDriver } from '../../../../drivers/filesystem/filesystem-driver.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import { imageIndex, name, pushBlob, reference, tagged } from '../../../helpers/content/registry-content.ts';
import { type CoreParts, composeCore } from '../../../helpers/core/core-parts.ts';
import { outcomes, scrubbed, scrubbedAnew } from '../../../helpers/core/scrub-parts.ts';
import { CountingDriver } from '../../../helpers/drivers/counting-driver.ts';
import { eachDriver } from '../../../helpers/drivers/each-driver.ts';
import { GatedDriver } from '../../../helpers/drivers/gated-driver.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { storedFiles } from '../../../helpers/invariants/stored-files.ts';

const REPOSITORY = name('foo/bar');
const BYTES = Buffer.from('the content of a blob');
const DIGEST = digestOf(BYTES);
const WRONG = Buffer.from('the content of a blog');
const QUARANTINED = ['content-damaged quarantined'];

/** Pushes a blob, and damages what is stored. */
async function withDamaged(driver: StorageDriver, wrong: Buffer = WRONG): Promise<CoreParts> {
  const core = composeCore(driver);
  await pushBlob(core.layers, REPOSITORY, BYTES);
  await driver.write(core.paths.blobData(DIGEST), wrong);
  return core;
}

/** The bytes that a process that has just started serves; `undefined` when it has none. */
async function served(driver: StorageDriver, digest: Digest = DIGEST): Promise<string | undefined> {
  const { layers } = composeCore(driver);
  if (!(await layers.exists(REPOSITORY, digest))) return undefined;
  return Buffer.concat(await (await (await layers.fetch(REPOSITORY, digest)).open()).toArray()).toString();
}

const damages: Readonly<Record<string, Buffer>> = {
  truncated: BYTES.subarray(0, 5),
  empty: Buffer.of(),
  'longer than it was': Buffer.concat([BYTES, BYTES]),
  'filled with zeros': Buffer.alloc(BYTES.byteLength),
};

for (const [how, wrong] of Object.entries(damages)) {
  eachDriver(`content that is ${how} is quarantined, and a push repairs it`, async (t, driver) => {
    const core = await withDamaged(driver, wrong);
    const found = await scrubbedAnew(driver);
    t.deepEqual(found.findings[0], {
      code: 'content-damaged',
      action: 'quarantined',
      digest: DIGEST,
      size: wrong.byteLength,
    });
    t.is(await served(driver), undefined);
    await pushBlob(core.layers, REPOSITORY, BYTES);
    t.is(await served(driver), BYTES.toString());
  });
}

eachDriver('content by sha512 is verified with sha512', async (t, driver) => {
  const core = composeCore(driver);
  const digest = digestOf(BYTES, 'sha512');
  await using upload = await core.layers.upload(REPOSITORY);
  await upload.append({ body: Readable.from([BYTES]) });
  await upload.finish(digest);
  t.deepEqual(outcomes(await scrubbedAnew(driver)), []);
  await driver.write(core.paths.blobData(digest), WRONG);
  t.deepEqual(outcomes(await scrubbedAnew(driver)), QUARANTINED);
  t.is(await served(driver, digest), undefined);
});

eachDriver('a dry run reports the same and changes nothing', async (t, driver) => {
  await withDamaged(driver);
  const before = await storedFiles(driver);
  t.deepEqual(outcomes(await scrubbedAnew(driver, { dryRun: true })), ['content-damaged none']);
  t.deepEqual(await storedFiles(driver), before);
});

eachDriver('damaged content that is not repaired is reported again as being in quarantine', async (t, driver) => {
  await withDamaged(driver);
  await scrubbedAnew(driver);
  const again = await scrubbedAnew(driver);
  t.deepEqual(outcomes(again), ['content-quarantined none']);
  t.is(again.report.damage, 0, 'nothing that a client would ask for is missing');
});

eachDriver(
  'a damaged manifest is unknown after a scrub, and a push of it by digest repairs its tag, too',
  async (t, driver) => {
    const core = composeCore(driver);
    const pushed = { bytes: imageIndex([]), contentType: undefined };
    const { digest } = await core.manifests.put(REPOSITORY, tagged('a'), pushed);
    await driver.write(core.paths.blobData(digest), WRONG);
    const found = await scrubbedAnew(driver);
    t.deepEqual(outcomes(found), ['content-damaged quarantined', 'manifest-missing none', 'tag-dangling none']);
    t.false(await composeCore(driver).manifests.exists(REPOSITORY, tagged('a')));
    await composeCore(driver).manifests.put(REPOSITORY, reference(digest), pushed);
    t.deepEqual((await composeCore(driver).manifests.get(REPOSITORY, tagged('a'))).bytes, pushed.bytes);
  },
);

eachDriver('a manifest is repaired from the memory of the process that scrubs', async (t, driver) => {
  const core = composeCore(driver);
  const pushed = { bytes: imageIndex([]), contentType: undefined };
  const { digest } = await core.manifests.put(REPOSITORY, tagged('a'), pushed);
  await driver.write(core.paths.blobData(digest), WRONG);
  t.deepEqual(outcomes(await scrubbed(core)), ['content-damaged repaired']);
  t.deepEqual((await composeCore(driver).manifests.get(REPOSITORY, tagged('a'))).bytes, pushed.bytes);
  t.deepEqual(outcomes(await scrubbedAnew(driver)), []);
});

/** Reads of content return other bytes for the first `times` times. */
class UnreliableDriver extends ForwardingDriver {
  #left: number;
  readonly #isStable: boolean;

  constructor(inner: StorageDriver, times: number, isStable: boolean) {
    super(inner);
    this.#left = times;
    this.#isStable = isStable;
  }

  override async read(path: StoragePath, options?: ReadOptions): Promise<ReadStream> {
    if (!path.endsWith('/data') || this.#left === 0) return super.read(path, options);
    this.#left -= 1;
    return Readable.from([Buffer.from(this.#isStable ? 'wrong' : `wrong ${this.#left}`)], { objectMode: false });
  }
}

for (const [times, isStable, expected] of [
  [1, true, 'content-unstable none'],
  [2, false, 'content-unstable none'],
  [2, true, 'content-unstable restored'],
  [3, false, 'content-unstable restored'],
] as const) {
  const bytes = isStable ? 'the same wrong bytes' : 'different wrong bytes';
  eachDriver(`right content of which ${times} readings give ${bytes} stays in its place`, async (t, driver) => {
    await pushBlob(composeCore(driver).layers, REPOSITORY, BYTES);
    t.deepEqual(outcomes(await scrubbedAnew(new UnreliableDriver(driver, times, isStable))), [expected]);
    t.is(await served(driver), BYTES.toString());
    t.deepEqual(outcomes(await scrubbedAnew(driver)), []);
  });
}

/** Content that cannot be read. */
class UnreadableDriver extends ForwardingDriver {
  override async read(path: StoragePath, options?: ReadOptions): Promise<ReadStream> {
    if (path.endsWith('/data')) throw new DriverError('unavailable', { path });
    return super.read(path, options);
  }
}

eachDriver('content that cannot be read is reported and stays where it is', async (t, driver) => {
  await pushBlob(composeCore(driver).layers, REPOSITORY, BYTES);
  const before = await storedFiles(driver);
  t.deepEqual(outcomes(await scrubbedAnew(new UnreadableDriver(driver))), ['content-unreadable none']);
  t.deepEqual(await storedFiles(driver), before);
});

test('a storage of which nothing can be read ends the run with an error', async (t) => {
  const driver = new MemoryDriver();
  const { layers } = composeCore(driver);
  for (let count = 0; count < 60; count += 1) await pushBlob(layers, REPOSITORY, Buffer.from(`blob ${count}`));
  await t.throwsAsync(scrubbedAnew(new UnreadableDriver(driver)), {
    message: /^50 reads in a row failed: .*unavailable/,
  });
});

/** A storage from which nothing can be moved. */
class ImmovableDriver extends ForwardingDriver {
  override async move(path: StoragePath): Promise<void> {
    throw new DriverError('denied', { path });
  }
}

eachDriver('damaged content that cannot be moved is reported, and its process does not serve it', async (t, inner) => {
  const driver = new ImmovableDriver(inner);
  await withDamaged(driver);
  const core = composeCore(driver);
  const found = await scrubbed(core);
  t.deepEqual(outcomes(found), ['content-damaged none']);
  t.regex(found.findings[0]?.reason ?? '', /^it could not be moved into quarantine: .*denied/);
  t.false(await core.layers.exists(REPOSITORY, DIGEST));
});

eachDriver('a push that replaces damaged content just before the move loses nothing', async (t, driver) => {
  const gated = new GatedDriver(driver);
  await withDamaged(gated);
  const gate = gated.holdNext(({ call }) => call === 'move');
  const run = scrubbedAnew(gated);
  await gate.reached;
  await pushBlob(composeCore(driver).layers, REPOSITORY, BYTES);
  gate.open();
  t.deepEqual(outcomes(await run), ['content-unstable restored']);
  t.is(await served(driver), BYTES.toString());
});

eachDriver('a push between two readings of damaged content is noticed', async (t, driver) => {
  const gated = new GatedDriver(driver);
  await withDamaged(gated);
  let reads = 0;
  const gate = gated.holdNext(({ call, path }) => call === 'read' && path.endsWith('/data') && ++reads === 2);
  const run = scrubbedAnew(gated);
  await gate.reached;
  await pushBlob(composeCore(driver).layers, REPOSITORY, BYTES);
  gate.open();
  t.deepEqual(outcomes(await run), ['content-unstable none']);
  t.is(await served(driver), BYTES.toString());
});

for (const call of ['stat', 'read', 'move'] as const) {
  eachDriver(`content that is deleted before the last ${call} of its scrub is no finding`, async (t, driver) => {
    const gated = new GatedDriver(driver);
    const core = await withDamaged(gated);
    let calls = 0;
    const gate = gated.holdNext(
      (site) => site.call === call && site.path.endsWith('/data') && ++calls === (call === 'move' ? 1 : 2),
    );
    const run = scrubbedAnew(gated);
    await gate.reached;
    await driver.delete(core.paths.blobFolder(DIGEST));
    gate.open();
    t.deepEqual(outcomes(await run), []);
  });
}

eachDriver('two scrubs at once quarantine the same content once', async (t, driver) => {
  await withDamaged(driver);
  const runs = await Promise.all([scrubbedAnew(driver), scrubbedAnew(driver), scrubbedAnew(driver)]);
  const quarantined = runs.flatMap(outcomes).filter((outcome) => outcome === 'content-damaged quarantined');
  t.is(quarantined.length, 1);
  t.is(await served(driver), undefined);
});

test('right content costs one call of the driver, and lists', async (t) => {
  const driver = new CountingDriver(new MemoryDriver());
  const core = composeCore(driver);
  for (let count = 0; count < 10; count += 1) await pushBlob(core.layers, REPOSITORY, Buffer.from(`blob ${count}`));
  driver.reset();
  await scrubbedAnew(driver);
  t.is(driver.count('read'), 10);
  t.is(driver.count('stat') + driver.count('write') + driver.count('move') + driver.count('delete'), 0);
});

test('the empty folder of a blob is removed, and one that a push fills stays', async (t) => {
  const rootFolder = await tempRoot(t);
  await using driver = await FilesystemDriver.open({ rootFolder, maxCalls: 10, warn: (text) => t.log(text) });
  const core = composeCore(driver);
  await pushBlob(core.layers, REPOSITORY, BYTES);
  const folder = join(rootFolder, core.paths.blobsBy('sha256'));
  await driver.delete(core.paths.blobData(DIGEST));
  t.deepEqual(outcomes(await scrubbedAnew(driver, { dryRun: true })), ['folder-empty none']);
  t.deepEqual(await readdir(folder), [DIGEST.slice(7, 9)]);
  t.deepEqual(outcomes(await scrubbedAnew(driver)), ['folder-empty removed']);
  await pushBlob(core.layers, REPOSITORY, BYTES);
  t.is(await served(driver), BYTES.toString());
});
