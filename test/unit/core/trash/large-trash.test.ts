import { Readable } from 'node:stream';
import { setImmediate as tick } from 'node:timers/promises';
import test from 'ava';
import { TrashAdministration } from '../../../../core/admin/trash-administration.ts';
import { digestOf } from '../../../../core/digest/digest.ts';
import {
  ForwardingDriver,
  type ListEntry,
  type ListOptions,
  type ReadOptions,
  type ReadStream,
  type StorageDriver,
  type StoragePath,
} from '../../../../core/driver/index.ts';
import { OCI_IMAGE_INDEX, OCI_IMAGE_MANIFEST } from '../../../../core/model/media-types.ts';
import { parseTag } from '../../../../core/model/reference.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import { drain } from '../../../../testing/driver-case.ts';
import { imageIndex, json, name, pushBlob, reference, tagged } from '../../../helpers/content/registry-content.ts';
import { composeCoreWithTrash, STRICT_VALIDATION } from '../../../helpers/core/core-parts.ts';
import { CountingDriver } from '../../../helpers/drivers/counting-driver.ts';
import { type CallSite, DriverWrapper } from '../../../helpers/drivers/driver-wrapper.ts';
import { PeakHeap } from '../../../helpers/running/peak-heap.ts';

const APP = name('team/app');
const KEEP_MS = 72 * 60 * 60 * 1000;
const MANY = 20_000;
/** Enough where each is large. */
const SOME = 3_000;
const { signal } = new AbortController();
const PLAIN = { isForced: false, signal };
const RECORD = /_trash\/repositories\/.*\/_deleted\/[^/]+$/;
/** Much less than what all records need together. */
const MOST_BYTES = 48 * 1024 * 1024;

type Core = ReturnType<typeof composeCoreWithTrash>;

function process(driver: StorageDriver): Core {
  return composeCoreWithTrash(driver, { keepMs: KEEP_MS });
}

/** Counts the names that are taken from lists. */
class CountedNames extends ForwardingDriver {
  names = 0;

  override async *list(folder: StoragePath, options?: ListOptions): AsyncGenerator<ListEntry, void, undefined> {
    for await (const entry of super.list(folder, options)) {
      this.names += 1;
      yield entry;
    }
  }
}

/** Reads every record of the trash as one of a manifest with 500 tags, and looks at the memory in use now and then. */
class LargeRecords extends ForwardingDriver {
  peak = new PeakHeap();
  #reads = 0;

  override async read(path: StoragePath, options?: ReadOptions): Promise<ReadStream> {
    const stream = await super.read(path, options);
    if (!RECORD.test(path)) return stream;
    if (this.#reads++ % 1_000 === 999) this.peak.look();
    const record = JSON.parse((await drain(stream)).toString()) as Record<string, unknown>;
    const tags = Array.from({ length: 500 }, (_, index) => `a-tag-of-some-length-${index}-${this.#reads}`);
    return Readable.from([Buffer.from(JSON.stringify({ ...record, tags }))], { objectMode: false });
  }
}

/** How many calls of one kind run at the same time at most. */
class MostAtOnce extends DriverWrapper {
  most = 0;
  #running = 0;

  protected override async around<Result>({ call }: CallSite, action: () => Promise<Result>): Promise<Result> {
    if (call !== 'stat') return action();
    this.most = Math.max(this.most, (this.#running += 1));
    try {
      await tick();
      return await action();
    } finally {
      this.#running -= 1;
    }
  }
}

/** As if so many manifests had been deleted. */
async function recordMany(core: Core, count = MANY): Promise<void> {
  for (let each = 0; each < count; each += 1) {
    const deleted = { digest: digestOf(Buffer.from(`${each}`)), tags: [], bytes: undefined };
    await core.trash.recordManifest(APP, deleted, { by: 'ann' });
  }
}

test.serial('a page of 20 000 deletions takes about as many names as it has, wherever it begins', async (t) => {
  const driver = new CountedNames(new MemoryDriver());
  const core = process(driver);
  await recordMany(core);
  const administration = new TrashAdministration({ ...core, announce: () => undefined, validation: STRICT_VALIDATION });
  let after: string | undefined;
  const seen = new Set<string>();
  for (let pages = 0; pages < 5; pages += 1) {
    driver.names = 0;
    const page = await administration.list({ limit: 100, after, repository: APP });
    for (const { id } of page.deletions) seen.add(id);
    after = page.next;
    t.true(driver.names < 200, `page ${pages}: ${driver.names} names`);
  }
  t.is(seen.size, 500);
});

test.serial('an undelete among 3 000 large deletions holds few of them', async (t) => {
  const driver = new MemoryDriver();
  const large = new LargeRecords(driver);
  const core = process(large);
  const index = imageIndex([]);
  await core.manifests.put(APP, tagged('v1'), { bytes: index, contentType: undefined });
  await core.manifests.delete(APP, reference(digestOf(index)));
  await recordMany(process(driver), SOME);
  large.peak = new PeakHeap();
  const back = await core.undeleter.undelete(APP, reference(digestOf(index)), { isForced: false });
  t.deepEqual(back.manifests, [digestOf(index)]);
  t.true(large.peak.bytes < MOST_BYTES, `${large.peak.bytes} bytes`);
});

test.serial('the return of a repository with 3 000 indexes holds few of their deletions', async (t) => {
  const driver = new MemoryDriver();
  const large = new LargeRecords(driver);
  const core = process(large);
  for (let each = 0; each < SOME; each += 1) {
    const bytes = json({ mediaType: OCI_IMAGE_INDEX, manifests: [], annotations: { each } });
    await core.trash.recordManifest(
      APP,
      { digest: digestOf(bytes), tags: [], bytes },
      { by: 'ann', change: 'change-1' },
    );
  }
  large.peak = new PeakHeap();
  const { manifests, lost } = await core.repositoryReturn.bringBack(APP, PLAIN);
  t.is(manifests, 0, 'the bytes of none are stored');
  t.is(lost.length, 100);
  t.true(large.peak.bytes < MOST_BYTES, `${large.peak.bytes} bytes`);
});

test.serial('children that sparse indexes lack are not looked for one by one in all deletions', async (t) => {
  const counting = new CountingDriver(new MemoryDriver());
  const core = process(counting);
  for (let each = 0; each < 50; each += 1) {
    const digest = digestOf(Buffer.from(`child ${each}`));
    const bytes = imageIndex([{ mediaType: OCI_IMAGE_MANIFEST, digest, size: 7 }]);
    await pushBlob(core.layers, APP, bytes);
    await core.trash.recordManifest(
      APP,
      { digest: digestOf(bytes), tags: [], bytes },
      { by: 'ann', change: 'change-1' },
    );
  }
  counting.reset();
  t.deepEqual(await core.repositoryReturn.bringBack(APP, PLAIN), { manifests: 50, tags: 0, lost: [] });
  const lists = counting.sites.filter(({ call, path }) => call === 'list' && path.endsWith('/_deleted'));
  t.true(lists.length < 10, `${lists.length} lists of all deletions`);
});

test.serial('the last delete of a repository is found beyond 3 000 later deletions', async (t) => {
  const core = process(new MemoryDriver());
  const index = imageIndex([]);
  await core.manifests.put(APP, tagged('v1'), { bytes: index, contentType: undefined });
  await core.trash.recordTag(APP, { tag: parseTag('v2'), digest: digestOf(index) }, { by: 'ann', change: 'change-1' });
  await recordMany(core, SOME);
  t.deepEqual(await core.repositoryReturn.bringBack(APP, PLAIN), { manifests: 0, tags: 1, lost: [] });
  t.is((await core.manifests.get(APP, tagged('v2'))).digest, digestOf(index));
});

test.serial(
  'the sizes of what collections have swept are asked for several at a time, and not all at once',
  async (t) => {
    const driver = new MemoryDriver();
    const measured = new MostAtOnce(driver);
    const core = process(measured);
    for (let each = 0; each < 300; each += 1) {
      const path = core.paths.blobData(digestOf(Buffer.from(`${each}`)));
      await driver.write(core.paths.trash.swept('one', path), Buffer.from('swept'));
    }
    t.deepEqual(await core.trash.empty({ signal, dryRun: false, now: true }), { items: 300, bytes: 1_500 });
    t.true(measured.most > 1 && measured.most <= 16, `${measured.most}`);
    t.deepEqual(await core.trash.sizeSwept({ signal }), { items: 0, bytes: 0 });
  },
);
