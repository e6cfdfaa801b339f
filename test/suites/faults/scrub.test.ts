import { Readable } from 'node:stream';
import test, { type ExecutionContext } from 'ava';
import { digestOf } from '../../../core/digest/digest.ts';
import {
  ForwardingDriver,
  guardDriver,
  type ReadOptions,
  type ReadStream,
  type StorageDriver,
  type StoragePath,
} from '../../../core/driver/index.ts';
import { parseReference, parseRepositoryName, parseTag } from '../../../core/model/reference.ts';
import { MemoryDriver } from '../../../drivers/memory/memory-driver.ts';
import { descriptorOf, imageManifest, pushBlob } from '../../helpers/content/registry-content.ts';
import { type CoreParts, composeCore } from '../../helpers/core/core-parts.ts';
import { scrubbed, scrubbedAnew } from '../../helpers/core/scrub-parts.ts';
import { CountingDriver } from '../../helpers/drivers/counting-driver.ts';
import { eachDriver, emptied } from '../../helpers/drivers/each-driver.ts';
import { FAULTS, type Fault, FaultInjector } from '../../helpers/drivers/fault-injector.ts';
import { FAST_DISK } from '../../helpers/drivers/temp-root.ts';
import { fetchFrom, lostPushes, type Push } from '../../helpers/invariants/acknowledged.ts';
import { brokenRules, contentPath } from '../../helpers/invariants/broken-rules.ts';
import { storedFiles } from '../../helpers/invariants/stored-files.ts';

const NAME = 'foo/bar';
const REPOSITORY = parseRepositoryName(NAME);
const CONFIG = Buffer.from('{}');
const RIGHT = Buffer.from('a blob that is right');
const DAMAGED = Buffer.from('a blob that a disk has damaged');
const KEPT = Buffer.from('a blob that a killed scrub has left in quarantine');
const BLOBS = [CONFIG, RIGHT, DAMAGED, KEPT];
const MANIFEST = imageManifest({
  config: descriptorOf(CONFIG),
  layers: [RIGHT, DAMAGED, KEPT].map((blob) => descriptorOf(blob)),
});
const TAG = parseTag('v1');

const PUSHES: readonly Push[] = [
  ...BLOBS.map((bytes) => ({ kind: 'blob', repository: NAME, reference: digestOf(bytes), bytes }) as const),
  { kind: 'manifest', repository: NAME, reference: 'v1', bytes: MANIFEST },
];
/** What no fault may take away. */
const UNTOUCHED = PUSHES.filter(({ bytes }) => bytes !== DAMAGED && bytes !== KEPT);

async function pushAll({ layers, manifests }: CoreParts): Promise<void> {
  for (const blob of BLOBS) await pushBlob(layers, REPOSITORY, blob);
  await manifests.put(REPOSITORY, parseReference('v1'), { bytes: MANIFEST, contentType: undefined });
}

/** A damaged blob, a torn link, and right content that a process moved into quarantine before it died. */
async function damage(core: CoreParts): Promise<void> {
  await pushAll(core);
  const { paths, driver } = core;
  await driver.write(paths.blobData(digestOf(DAMAGED)), Buffer.from('other bytes'));
  await driver.write(paths.layerLink(REPOSITORY, digestOf(RIGHT)), Buffer.alloc(71));
  await driver.move(paths.blobData(digestOf(KEPT)), paths.quarantineEntry(digestOf(KEPT), 'of-a-killed-scrub'));
}

/** Readings of the right blob are wrong while a scrub decides on it, as a bad cable makes them. */
class BadCable extends ForwardingDriver {
  override async read(path: StoragePath, options?: ReadOptions): Promise<ReadStream> {
    const stream = await super.read(path, options);
    if (path !== contentPath(digestOf(RIGHT))) return stream;
    stream.destroy();
    return Readable.from([Buffer.from('noise')], { objectMode: false });
  }
}

const WHAT: Readonly<Record<Fault, string>> = {
  before: 'a call that fails',
  after: 'a call whose answer is lost',
  abort: 'a call that is aborted',
  short: 'a stream that breaks off',
  dead: 'the end of the process',
  slow: 'a push of everything',
};

for (const fault of FAULTS) {
  eachDriver(
    `after ${WHAT[fault]} at any place of a scrub, the next one finishes its work, and nothing right is lost`,
    async (t, driver) => {
      const pusher = composeCore(driver);
      await damage(pusher);
      const counting = new CountingDriver(driver);
      await scrubbedAnew(new BadCable(counting));
      const calls = counting.count();
      t.true(calls > 20);
      for (let index = 0; index < calls; index += 1) {
        await emptied(driver);
        await oneFault(t, pusher, { fault, index });
      }
    },
    FAST_DISK,
  );
}

for (const fault of ['before', 'after', 'dead'] as const) {
  test(`after ${WHAT[fault]} at any place of a scrub with a replica, the next one repairs everything`, async (t) => {
    const driver = new MemoryDriver();
    const pusher = composeCore(driver);
    const replica = new MemoryDriver();
    await pushAll(composeCore(replica));
    const openReplica = async (): Promise<StorageDriver> => new KeptOpen(guardDriver(replica));
    await damage(pusher);
    const counting = new CountingDriver(driver);
    await scrubbedAnew(counting, { openReplica });
    const calls = counting.count();
    for (let index = 0; index < calls; index += 1) {
      await emptied(driver);
      await damage(pusher);
      const faulty = new FaultInjector(driver);
      faulty.plan({ fault, index });
      await scrubbedAnew(faulty, { openReplica }).catch(() => undefined);
      const place = `${fault} at call ${index}: ${faulty.hit?.call} ${faulty.hit?.path}`;
      const next = composeCore(driver);
      await scrubbed(next, { openReplica });
      t.deepEqual(await lostPushes(PUSHES, fetchFrom(next)), [], place);
      t.deepEqual(brokenRules(await storedFiles(driver)), [], place);
      await scrubbed(next, { openReplica });
      t.deepEqual((await scrubbed(next, { openReplica })).findings, [], place);
    }
  });
}

/** A driver that its user does not close. */
class KeptOpen extends ForwardingDriver {
  override async [Symbol.asyncDispose](): Promise<void> {
    // It belongs to the test.
  }
}

async function oneFault(
  t: ExecutionContext,
  pusher: CoreParts,
  { fault, index }: { readonly fault: Fault; readonly index: number },
): Promise<void> {
  await damage(pusher);
  const { driver } = pusher;
  const faulty = new FaultInjector(driver);
  faulty.plan({ fault, index, whileSlow: () => pushAll(pusher) });
  await scrubbedAnew(new BadCable(faulty)).catch(() => undefined);
  const place = `${fault} at call ${index}: ${faulty.hit?.call} ${faulty.hit?.path}`;

  const next = composeCore(driver);
  await scrubbed(next);
  const wanted = fault === 'slow' ? PUSHES : [...UNTOUCHED, PUSHES.find(({ bytes }) => bytes === KEPT) as Push];
  t.deepEqual(await lostPushes(wanted, fetchFrom(next)), [], place);
  t.deepEqual(brokenRules(await storedFiles(driver)), [], place);
  t.is(await next.tagStore.get(REPOSITORY, TAG), digestOf(MANIFEST), place);

  await pushAll(pusher);
  t.deepEqual(await lostPushes(PUSHES, fetchFrom(next)), [], place);
  await scrubbed(next);
  t.deepEqual((await scrubbed(next)).findings, [], place);
}
