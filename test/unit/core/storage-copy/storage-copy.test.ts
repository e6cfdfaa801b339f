import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { digestOf } from '../../../../core/digest/digest.ts';
import { type DriverCall, DriverError, parseStoragePath, type StorageDriver } from '../../../../core/driver/index.ts';
import { parseTag } from '../../../../core/model/reference.ts';
import { PullStore } from '../../../../core/storage/pull-store.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import { pushBlob } from '../../../helpers/content/registry-content.ts';
import { copied, danglingLinks } from '../../../helpers/core/copy-parts.ts';
import { composeCore } from '../../../helpers/core/core-parts.ts';
import { CountingDriver } from '../../../helpers/drivers/counting-driver.ts';
import { type CallSite, DriverWrapper } from '../../../helpers/drivers/driver-wrapper.ts';
import { eachDriver } from '../../../helpers/drivers/each-driver.ts';
import { fetchFrom, lostPushes, type Push } from '../../../helpers/invariants/acknowledged.ts';
import { storedFiles } from '../../../helpers/invariants/stored-files.ts';
import { digestOfTag, pushImage, REPOSITORY, text } from './pushed-image.ts';

const CHANGES: readonly DriverCall[] = ['write', 'openWriter', 'move', 'delete', 'prune'];

const LARGE = Buffer.alloc(3 * 1024 * 1024, 'large');

eachDriver('an image with a small and a large layer is copied, and the source is only read', async (t, target) => {
  const memory = new MemoryDriver();
  const core = composeCore(memory);
  const digests = [await pushImage(core, 'small', text('layer')), await pushImage(core, 'large', LARGE)];
  const source = new CountingDriver(memory);
  const { report, found } = await copied({ source, target });
  t.deepEqual(found, []);
  t.like(report, { contents: 6, copiedContents: 6, copiedTags: 2, damage: 0, changedMeanwhile: 0 });
  t.true(report.copiedBytes > LARGE.byteLength);
  t.deepEqual([await digestOfTag(target, 'small'), await digestOfTag(target, 'large')], digests);
  t.deepEqual(
    source.sites.filter(({ call }) => CHANGES.includes(call)),
    [],
  );
  t.deepEqual([...(await storedFiles(target)).keys()].sort(), [...(await storedFiles(memory)).keys()].sort());
});

eachDriver(
  'damaged, unreadable and dangling content is reported and not copied, and the rest is',
  async (t, target) => {
    const source = new MemoryDriver();
    const core = composeCore(source);
    await pushImage(core, 'whole', text('layer'));
    await pushImage(core, 'damaged', text('damaged layer'));
    const manifest = await pushImage(core, 'torn', text('third layer'));
    await pushBlob(core.layers, REPOSITORY, text('gone'));
    const { paths } = core;
    await source.write(paths.blobData(digestOf(text('damaged layer'))), text('other bytes'));
    await source.write(paths.blobData(manifest), text('not a manifest'));
    await source.delete(paths.blobData(digestOf(text('gone'))));
    const { report, found } = await copied({ source, target });
    t.deepEqual(found, [
      'content-damaged',
      'content-damaged',
      'layer-link-dangling team/app',
      'tag-dangling team/app torn',
    ]);
    t.like(report, { damage: 3, remarks: 1 });
    const files = await storedFiles(target);
    t.deepEqual(danglingLinks(files), []);
    t.false(files.has(paths.blobData(digestOf(text('damaged layer')))));
    // Its other layers can be pulled, and the next push of the damaged one repairs it.
    t.not(await digestOfTag(target, 'damaged'), undefined);
    t.is(await digestOfTag(target, 'torn'), undefined);
  },
);

test('bytes of the target that are damaged in the same size are found and replaced only by a run that verifies', async (t) => {
  const [source, target] = [new MemoryDriver(), new MemoryDriver()];
  const core = composeCore(source);
  await pushImage(core, 'v1', text('layer'));
  await copied({ source, target });
  const path = core.paths.blobData(digestOf(text('layer')));
  await target.write(path, text('LAYER'));
  t.is((await copied({ source, target })).report.copiedContents, 0);
  t.is((await copied({ source, target }, { verifies: true })).report.copiedContents, 1);
  t.is((await storedFiles(target)).get(path)?.toString(), 'layer');
  await target.write(path, text('lay'));
  t.is((await copied({ source, target })).report.copiedContents, 1);
});

test('access tokens and that they were copied before are copied, and removed with --delete; uploads, jobs, quarantine and trials are not', async (t) => {
  const [source, target] = [new MemoryDriver(), new MemoryDriver()];
  const core = composeCore(source);
  await pushImage(core, 'v1', text('layer'));
  const own = [
    '_auth/signing-key',
    '_auth/tokens/u/1/token',
    '_copy/access-copied',
    '_copy/parts/1',
    '_jobs/gc/last-run',
    '_quarantine/sha256/ab/1',
    '_doctor/trials/1/x',
  ];
  for (const path of own) await source.write(parseStoragePath(`/docker/registry/v2/${path}`), text(path));
  await using upload = await core.layers.upload(REPOSITORY);
  await upload.close();
  const ownIn = async (driver: StorageDriver): Promise<string[]> =>
    [...(await storedFiles(driver)).keys()].filter((path) =>
      /\/(_auth|_jobs|_quarantine|_doctor|_uploads|_copy)\//.test(path),
    );
  await copied({ source, target });
  t.deepEqual(
    (await ownIn(target)).sort(),
    own.slice(0, 3).map((path) => `/docker/registry/v2/${path}`),
  );
  await source.delete(parseStoragePath('/docker/registry/v2/_auth/tokens/u/1'));
  await copied({ source, target });
  t.is((await ownIn(target)).length, 3);
  await copied({ source, target }, { deletes: true });
  const left = ['_auth/signing-key', '_copy/access-copied'];
  t.deepEqual(
    await ownIn(target),
    left.map((path) => `/docker/registry/v2/${path}`),
  );
});

test('the times of pulls are copied, and copied again when they change', async (t) => {
  const [source, target] = [new MemoryDriver(), new MemoryDriver()];
  const core = composeCore(source);
  const digest = await pushImage(core, 'v1', text('layer'));
  const [from, to] = [core, composeCore(target)].map(({ container }) => container.get(PullStore)) as [
    PullStore,
    PullStore,
  ];
  const hourMs = Date.parse('2026-03-01T12:00:00Z');
  for (const nowMs of [hourMs, hourMs + 3_600_000]) {
    await from.add(REPOSITORY, 'a', new Map([[digest, nowMs]]), { nowMs: hourMs });
    await from.putRecording({ sinceMs: hourMs, untilMs: nowMs });
    await copied({ source, target });
    t.is((await to.read(REPOSITORY)).hours.get(digest), nowMs);
    t.deepEqual(await to.recording(), { sinceMs: hourMs, untilMs: nowMs });
  }
});

test('content and links that a killed collection has set aside are copied from there, and it is said', async (t) => {
  const [source, target] = [new MemoryDriver(), new MemoryDriver()];
  const core = composeCore(source);
  const digest = await pushImage(core, 'v1', text('layer'));
  const data = core.paths.blobData(digestOf(text('layer')));
  await core.collections.setAside('0123456789', data, {});
  const { report, found } = await copied({ source, target });
  t.deepEqual(found, []);
  t.is(report.collections, 1);
  t.is(await digestOfTag(target, 'v1'), digest);
  t.is((await storedFiles(target)).get(data)?.toString(), 'layer');
});

test('a second run reads neither content nor links that the target has', async (t) => {
  const [memory, target] = [new MemoryDriver(), new MemoryDriver()];
  const core = composeCore(memory);
  for (const tag of ['a', 'b', 'c']) await pushImage(core, tag, text(`layer ${tag}`));
  await copied({ source: memory, target });
  const [source, counted] = [new CountingDriver(memory), new CountingDriver(target)];
  await copied({ source, target: counted });
  const read = source.sites.filter(({ call }) => call === 'read').map(({ path }) => path);
  t.true(
    read.every((path) => path.endsWith('/current/link')),
    read.join('\n'),
  );
  t.deepEqual(
    counted.sites.filter(({ call }) => CHANGES.includes(call) && call !== 'prune'),
    [],
  );
});

/** Lets a test do something during one call. */
class Interrupted extends DriverWrapper {
  interrupt: ((site: CallSite) => Promise<void>) | undefined;

  protected override async around<Result>(site: CallSite, action: () => Promise<Result>): Promise<Result> {
    await this.interrupt?.(site);
    return action();
  }
}

eachDriver(
  'a copy beside pushes leaves a valid registry after each step, and a last pass has every push',
  async (t, target) => {
    const memory = new MemoryDriver();
    const pushes: Push[] = [];
    const pushOne = async (): Promise<void> => {
      const tag = `v${pushes.length % 5}`;
      const layer = text(`layer ${pushes.length}`);
      const digest = await pushImage(composeCore(memory), tag, layer);
      pushes.push({ kind: 'blob', repository: REPOSITORY, reference: digestOf(layer), bytes: layer });
      t.truthy(digest);
    };
    for (let index = 0; index < 5; index += 1) await pushOne();
    const source = new Interrupted(memory);
    let calls = 0;
    source.interrupt = async () => {
      calls += 1;
      if (calls % 7 !== 0 || calls > 200) return;
      await pushOne();
      t.deepEqual(danglingLinks(await storedFiles(target)), []);
    };
    await copied({ source, target }, { concurrency: 1 });
    t.true(pushes.length > 10);
    t.deepEqual(danglingLinks(await storedFiles(target)), []);
    source.interrupt = undefined;
    await copied({ source, target }, { deletes: true });
    t.deepEqual(await lostPushes(pushes, fetchFrom(composeCore(target))), []);
    for (const tag of ['v0', 'v1', 'v2', 'v3', 'v4'])
      t.is(await digestOfTag(target, tag), await digestOfTag(memory, tag));
  },
);

test('a signal ends a copy, also one that waits for its limit of bytes', async (t) => {
  const [source, target] = [new MemoryDriver(), new MemoryDriver()];
  await pushImage(composeCore(source), 'v1', LARGE);
  const stopping = new AbortController();
  const onBytes = (): void => stopping.abort(new Error('stopped'));
  const running = copied({ source, target }, { signal: stopping.signal, bytesPerSecond: 1024, observer: { onBytes } });
  await t.throwsAsync(Promise.race([running, delay(30_000)]), { message: 'stopped' });
  await copied({ source, target });
  t.not(await digestOfTag(target, 'v1'), undefined);
});

test('a target that fails ends the copy, and a source that fails everywhere as well', async (t) => {
  const memory = new MemoryDriver();
  const core = composeCore(memory);
  for (let index = 0; index < 60; index += 1) await pushBlob(core.layers, REPOSITORY, text(`layer ${index}`));
  const full = new Interrupted(new MemoryDriver());
  full.interrupt = async ({ call }) => {
    if (call === 'write') throw new DriverError('no-space');
  };
  await t.throwsAsync(copied({ source: memory, target: full }), { message: /no-space/ });
  const broken = new Interrupted(memory);
  broken.interrupt = async ({ call, path }) => {
    if (call === 'read' && path.endsWith('/data')) throw new DriverError('unavailable');
  };
  await t.throwsAsync(copied({ source: broken, target: new MemoryDriver() }), {
    message: /50 reads of the source in a row failed/,
  });
});

test('what killed runs have left of large content is removed after an hour', async (t) => {
  const [source, target] = [new MemoryDriver(), new MemoryDriver()];
  const { paths } = composeCore(source);
  await target.write(paths.copies.part('young'), text('bytes'));
  await copied({ source, target });
  t.not(await target.stat(paths.copies.part('young')), undefined);
  const old = new Interrupted(target);
  old.stat = async (path, options) => {
    const info = await target.stat(path, options);
    return info && { ...info, modifiedAt: new Date(Date.now() - 3_700_000) };
  };
  await copied({ source, target: old });
  t.is(await target.stat(paths.copies.part('young')), undefined);
});

test('the history of a tag is copied with it', async (t) => {
  const [source, target] = [new MemoryDriver(), new MemoryDriver()];
  const core = composeCore(source);
  const first = await pushImage(core, 'v1', text('one'));
  await pushImage(core, 'v1', text('two'));
  await copied({ source, target });
  const path = core.paths.tagIndexLink(REPOSITORY, parseTag('v1'), first);
  t.is((await storedFiles(target)).get(path)?.toString(), first);
});
