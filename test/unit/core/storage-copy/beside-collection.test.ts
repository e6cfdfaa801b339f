import test, { type ExecutionContext } from 'ava';
import { type Digest, digestOf } from '../../../../core/digest/digest.ts';
import { parseTag } from '../../../../core/model/reference.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import { pushBlob } from '../../../helpers/content/registry-content.ts';
import { collectGarbage } from '../../../helpers/core/collect-garbage.ts';
import { copied, danglingLinks } from '../../../helpers/core/copy-parts.ts';
import { type CoreParts, composeCore } from '../../../helpers/core/core-parts.ts';
import { ShiftedClock } from '../../../helpers/core/shifted-clock.ts';
import { GatedDriver } from '../../../helpers/drivers/gated-driver.ts';
import { OldFiles } from '../../../helpers/drivers/old-files.ts';
import { storedFiles } from '../../../helpers/invariants/stored-files.ts';
import { digestOfTag, pushImage, REPOSITORY, text } from './pushed-image.ts';

const LAYER = digestOf(text('layer'));
/** After so long a request looks again at what it found, in milliseconds. */
const LATE_MS = 11_000;

interface Storages {
  readonly source: MemoryDriver;
  readonly target: GatedDriver;
  /** A registry on the target, which collects. */
  readonly registry: CoreParts;
  /** The image `v1` of the source. */
  readonly digest: Digest;
}

/** A source with an image, and a target whose files are all old. */
async function storages(): Promise<Storages> {
  const source = new MemoryDriver();
  const digest = await pushImage(composeCore(source), 'v1', text('layer'));
  const target = new GatedDriver(new OldFiles(new MemoryDriver()));
  return { source, target, registry: composeCore(target), digest };
}

async function isWhole(t: ExecutionContext, { target, digest }: Storages): Promise<void> {
  const files = await storedFiles(target);
  const { paths } = composeCore(target);
  t.is(await digestOfTag(target, 'v1'), digest);
  t.deepEqual(danglingLinks(files), []);
  t.true(files.has(paths.layerLink(REPOSITORY, LAYER)));
  t.true(files.has(paths.blobData(LAYER)));
}

test.serial('content that a collection of the target is about to remove stays if a copy has found it', async (t) => {
  const opened = await storages();
  const { source, target, registry } = opened;
  const path = registry.paths.blobData(LAYER);
  await target.write(path, text('layer'));
  const gate = target.holdNext(({ call, path: from }) => call === 'move' && from === path);
  const collecting = collectGarbage(registry);
  await gate.reached;
  await copied({ source, target });
  gate.open();
  t.is((await collecting).kept, 1);
  await isWhole(t, opened);
});

test.serial(
  'a link to a blob that a collection of the target is about to remove stays if a copy has found it',
  async (t) => {
    const opened = await storages();
    const { source, target, registry } = opened;
    await pushBlob(registry.layers, REPOSITORY, text('layer'));
    const path = registry.paths.layerLink(REPOSITORY, LAYER);
    const gate = target.holdNext(({ call, path: from }) => call === 'move' && from === path);
    const collecting = collectGarbage(registry);
    await gate.reached;
    await copied({ source, target });
    gate.open();
    await collecting;
    await isWhole(t, opened);
  },
);

test.serial('a manifest that a collection of the target is about to remove stays if a copy tags it', async (t) => {
  const opened = await storages();
  const { source, target, registry, digest } = opened;
  await copied({ source, target });
  await target.delete(registry.paths.tag(REPOSITORY, parseTag('v1')));
  const path = registry.paths.revisionLink(REPOSITORY, digest);
  const gate = target.holdNext(({ call, path: from }) => call === 'move' && from === path);
  const collecting = collectGarbage(registry, { deletesUntagged: true });
  await gate.reached;
  await copied({ source, target });
  gate.open();
  t.is((await collecting).removedManifests, 0);
  await isWhole(t, opened);
});

test.serial(
  'what a collection of the target has removed during a long copy of a repository is copied again',
  async (t) => {
    const opened = await storages();
    const { source, target, registry, digest } = opened;
    await pushBlob(registry.layers, REPOSITORY, text('layer'));
    const path = registry.paths.revisionLink(REPOSITORY, digest);
    const gate = target.holdNext(({ call, path: at }) => call === 'write' && at === path);
    const copying = copied({ source, target });
    await gate.reached;
    using _ = new ShiftedClock(LATE_MS);
    t.true((await collectGarbage(registry)).removedContents > 0);
    gate.open();
    await copying;
    await isWhole(t, opened);
  },
);

test.serial('a dry run leaves no marks for a collection of the target', async (t) => {
  const { source, target, registry } = await storages();
  const path = registry.paths.blobData(LAYER);
  await target.write(path, text('layer'));
  const gate = target.holdNext(({ call, path: from }) => call === 'move' && from === path);
  const collecting = collectGarbage(registry);
  await gate.reached;
  await copied({ source, target }, { dryRun: true });
  gate.open();
  t.is((await collecting).kept, 0);
  t.deepEqual([...(await storedFiles(target)).keys()], []);
});
