import { type Digest, digestOf, parseDigest } from '../../../../core/digest/digest.ts';
import {
  DriverError,
  ForwardingDriver,
  type ReadOptions,
  type ReadStream,
  type StorageDriver,
  type StoragePath,
} from '../../../../core/driver/index.ts';
import { OCI_IMAGE_MANIFEST } from '../../../../core/model/media-types.ts';
import { parseTag } from '../../../../core/model/reference.ts';
import {
  descriptorOf,
  imageIndex,
  imageManifest,
  name,
  pushBlob,
  reference,
  tagged,
} from '../../../helpers/content/registry-content.ts';
import { type CoreParts, composeCore } from '../../../helpers/core/core-parts.ts';
import { outcomes, scrubbedAnew, withCode } from '../../../helpers/core/scrub-parts.ts';
import { eachDriver } from '../../../helpers/drivers/each-driver.ts';
import { GatedDriver } from '../../../helpers/drivers/gated-driver.ts';
import { storedFiles } from '../../../helpers/invariants/stored-files.ts';

const REPOSITORY = name('foo/bar');
const TAG = parseTag('v1');
const CONFIG = Buffer.from('{}');
const LAYER = Buffer.from('the bytes of a layer');
const LAYER_DIGEST = digestOf(LAYER);
const BYTES = imageManifest({ config: descriptorOf(CONFIG), layers: [descriptorOf(LAYER)] });
const MANIFEST = { bytes: BYTES, contentType: undefined };
const DIGEST = digestOf(BYTES);
const TORN = Buffer.alloc(71);

/** An image with a tag. */
async function withImage(driver: StorageDriver): Promise<CoreParts> {
  const core = composeCore(driver);
  await pushImage(core);
  return core;
}

async function pushImage({ layers, manifests }: CoreParts): Promise<void> {
  for (const blob of [CONFIG, LAYER]) await pushBlob(layers, REPOSITORY, blob);
  await manifests.put(REPOSITORY, tagged('v1'), MANIFEST);
}

async function isWhole(driver: StorageDriver): Promise<boolean> {
  const { layers, manifests } = composeCore(driver);
  const manifest = await manifests.get(REPOSITORY, tagged('v1')).catch(() => undefined);
  return manifest?.digest === DIGEST && (await layers.exists(REPOSITORY, LAYER_DIGEST));
}

type Damage = (core: CoreParts, driver: StorageDriver) => Promise<void>;

interface DamageCase {
  readonly damage: Damage;
  readonly found: readonly string[];
  /** What a dry run finds, if that is not the same: it leaves damaged content in its place. */
  readonly foundDry?: readonly string[];
  readonly isMended?: true;
}

const damages: Readonly<Record<string, DamageCase>> = {
  'the bytes of a manifest are missing': {
    damage: ({ paths }, driver) => driver.delete(paths.blobFolder(DIGEST)),
    found: ['manifest-missing none', 'tag-dangling none'],
  },
  'the bytes of a manifest are damaged': {
    damage: ({ paths }, driver) => driver.write(paths.blobData(DIGEST), Buffer.from('other bytes')),
    found: ['content-damaged quarantined', 'manifest-missing none', 'tag-dangling none'],
    foundDry: ['content-damaged none', 'manifest-missing none'],
  },
  'the link to a manifest is torn': {
    damage: ({ paths }, driver) => driver.write(paths.revisionLink(REPOSITORY, DIGEST), TORN),
    found: ['manifest-link-broken mended'],
    foundDry: ['manifest-link-broken none', 'tag-dangling none'],
    isMended: true,
  },
  'the link to a manifest names another one': {
    damage: ({ paths }, driver) => driver.write(paths.revisionLink(REPOSITORY, DIGEST), Buffer.from(LAYER_DIGEST)),
    found: ['manifest-link-broken mended'],
    foundDry: ['manifest-link-broken none', 'tag-dangling none'],
    isMended: true,
  },
  'a tag points to a manifest that another program has deleted': {
    damage: ({ paths }, driver) => driver.delete(paths.revisionLink(REPOSITORY, DIGEST)),
    found: ['tag-dangling none'],
  },
  'the link of a tag is torn': {
    damage: ({ paths }, driver) => driver.write(paths.tagCurrentLink(REPOSITORY, TAG), TORN),
    found: ['tag-link-broken none'],
  },
  'the link of a tag is missing': {
    damage: ({ paths }, driver) => driver.delete(paths.tagCurrentLink(REPOSITORY, TAG)),
    found: ['tag-link-missing none'],
  },
  'the content of a layer is missing': {
    damage: ({ paths }, driver) => driver.delete(paths.blobFolder(LAYER_DIGEST)),
    found: ['blob-missing none', 'layer-link-dangling none'],
  },
  'the link to a layer is missing': {
    damage: ({ paths }, driver) => driver.delete(paths.layerFolder(REPOSITORY, LAYER_DIGEST)),
    found: ['blob-missing none'],
  },
  'the link to a layer is torn': {
    damage: ({ paths }, driver) => driver.write(paths.layerLink(REPOSITORY, LAYER_DIGEST), TORN),
    found: ['blob-missing none', 'layer-link-broken mended'],
    isMended: true,
  },
  'the content of a layer is truncated': {
    damage: ({ paths }, driver) => driver.write(paths.blobData(LAYER_DIGEST), LAYER.subarray(0, 3)),
    found: ['blob-missing none', 'content-damaged quarantined', 'layer-link-dangling none'],
    foundDry: ['content-damaged none', 'size-mismatch none'],
  },
};

for (const [how, { damage, found, foundDry, isMended = false }] of Object.entries(damages)) {
  eachDriver(`when ${how}, a scrub says so, and a push of the image repairs it`, async (t, driver) => {
    const core = await withImage(driver);
    t.deepEqual(outcomes(await scrubbedAnew(driver)), []);
    await damage(core, driver);
    const before = await storedFiles(driver);
    const dry = await scrubbedAnew(driver, { dryRun: true });
    t.deepEqual(outcomes(dry), foundDry ?? found.map((each) => each.replace(/ .*/, ' none')));
    t.deepEqual(await storedFiles(driver), before);
    t.deepEqual(outcomes(await scrubbedAnew(driver)), found);
    t.is(await isWhole(driver), isMended);
    await pushImage(composeCore(driver));
    t.true(await isWhole(driver));
    const rest = outcomes(await scrubbedAnew(driver));
    t.deepEqual(rest, found.some((each) => each.endsWith('quarantined')) ? ['content-repaired removed'] : []);
  });
}

eachDriver('a finding names the repository, the tag, the manifest and the blob', async (t, driver) => {
  const core = await withImage(driver);
  await driver.delete(core.paths.blobFolder(LAYER_DIGEST));
  await driver.delete(core.paths.revisionFolder(REPOSITORY, DIGEST));
  await core.manifests.put(REPOSITORY, reference(DIGEST), MANIFEST).catch(() => undefined);
  const place = { action: 'none', repository: REPOSITORY, digest: DIGEST } as const;
  t.deepEqual(withCode(await scrubbedAnew(driver), 'tag-dangling'), [{ code: 'tag-dangling', ...place, tag: TAG }]);
});

eachDriver('a manifest that states another size than its blob has is a remark', async (t, driver) => {
  const core = await withImage(driver);
  const bytes = imageManifest({ config: descriptorOf(CONFIG), layers: [{ ...descriptorOf(LAYER), size: 7 }] });
  await core.manifests.put(REPOSITORY, tagged('v2'), { bytes, contentType: undefined });
  const found = await scrubbedAnew(driver);
  t.is(found.report.damage, 0);
  t.like(withCode(found, 'size-mismatch')[0], {
    repository: REPOSITORY,
    manifest: digestOf(bytes),
    digest: LAYER_DIGEST,
    size: LAYER.byteLength,
  });
});

eachDriver('an index that states another size than a manifest in it has is a remark', async (t, driver) => {
  const core = await withImage(driver);
  const { bytes } = MANIFEST;
  const child = { ...descriptorOf(bytes, OCI_IMAGE_MANIFEST), size: bytes.byteLength + 1 };
  const missing = { ...child, digest: digestOf(Buffer.from('not copied')) };
  const index = imageIndex([child, { ...missing, platform: { os: 'plan9', architecture: 'mips' } }]);
  await core.driver.write(core.paths.blobData(digestOf(index)), index);
  await core.driver.write(core.paths.revisionLink(REPOSITORY, digestOf(index)), Buffer.from(digestOf(index)));
  const found = await scrubbedAnew(driver);
  t.is(found.report.damage, 0);
  t.like(withCode(found, 'size-mismatch'), [
    {
      manifest: digestOf(index),
      digest: DIGEST,
      size: bytes.byteLength,
      reason: `the manifest states ${child.size} bytes`,
    },
  ]);
});

eachDriver(
  'a layer that is served from elsewhere, and a child that is not copied, are not missing',
  async (t, driver) => {
    const core = composeCore(driver);
    await pushBlob(core.layers, REPOSITORY, CONFIG);
    const foreign = {
      ...descriptorOf(LAYER, 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip'),
      urls: ['https://example.com/layer'],
    };
    const bytes = imageManifest({ config: descriptorOf(CONFIG), layers: [foreign] });
    await core.manifests.put(REPOSITORY, tagged('v1'), { bytes, contentType: undefined });
    t.deepEqual(outcomes(await scrubbedAnew(driver)), []);
  },
);

eachDriver('a torn link to an alias is reported and stays: only the link knew its content', async (t, driver) => {
  const core = await withImage(driver);
  const alias = parseDigest(`tarsum.v1+sha256:${'a'.repeat(64)}`);
  await driver.write(core.paths.layerLink(REPOSITORY, alias), TORN);
  t.deepEqual(outcomes(await scrubbedAnew(driver)), ['layer-link-broken none']);
});

eachDriver('a blob that many manifests name is reported once in its repository', async (t, driver) => {
  const core = await withImage(driver);
  for (const note of ['a', 'b']) {
    const bytes = imageManifest({
      config: descriptorOf(CONFIG),
      layers: [descriptorOf(LAYER)],
      annotations: { note },
    });
    await core.manifests.put(REPOSITORY, reference(digestOf(bytes)), { bytes, contentType: undefined });
  }
  await driver.delete(core.paths.blobFolder(LAYER_DIGEST));
  t.is(withCode(await scrubbedAnew(driver), 'blob-missing').length, 1);
});

/** Links that cannot be read. */
class UnreadableLinks extends ForwardingDriver {
  override async read(path: StoragePath, options?: ReadOptions): Promise<ReadStream> {
    if (path.endsWith('/link')) throw new DriverError('unavailable', { path });
    return super.read(path, options);
  }
}

eachDriver('links that cannot be read are findings, and nothing is changed', async (t, driver) => {
  await withImage(driver);
  const before = await storedFiles(driver);
  const found = await scrubbedAnew(new UnreadableLinks(driver));
  // The manifest, two layers and the tag.
  t.deepEqual(
    outcomes(found),
    Array.from({ length: 4 }, () => 'link-unreadable none'),
  );
  t.deepEqual(await storedFiles(driver), before);
});

const races: Readonly<
  Record<
    string,
    (core: CoreParts) => { readonly at: (path: string) => boolean; readonly rival: () => Promise<unknown> }
  >
> = {
  'a manifest': (core) => ({
    at: (path) => path === core.paths.blobData(DIGEST),
    rival: () => core.manifests.delete(REPOSITORY, reference(DIGEST)),
  }),
  'a tag': (core) => ({
    at: (path) => path === core.paths.tagCurrentLink(REPOSITORY, TAG),
    rival: () => core.manifests.delete(REPOSITORY, tagged('v1')),
  }),
  'a layer': (core) => ({
    at: (path) => path === core.paths.layerLink(REPOSITORY, LAYER_DIGEST),
    rival: async () => {
      await core.manifests.delete(REPOSITORY, reference(DIGEST));
      await core.layers.delete(REPOSITORY, LAYER_DIGEST);
    },
  }),
};

for (const [what, race] of Object.entries(races)) {
  eachDriver(`${what} that is deleted while its links are checked is no damage`, async (t, driver) => {
    const rival = composeCore(driver);
    await pushImage(rival);
    const { at, rival: act } = race(rival);
    const contentReads = new Set<string>();
    const gated = new GatedDriver(driver);
    const gate = gated.holdNext(({ call, path }) => {
      if (call !== 'read' || !at(path)) return false;
      // The first read of content verifies it.
      const isAgain = contentReads.has(path) || path.endsWith('/link');
      contentReads.add(path);
      return isAgain;
    });
    const run = scrubbedAnew(gated);
    await gate.reached;
    await act();
    gate.open();
    t.is((await run).report.damage, 0);
  });
}

eachDriver('an image that is pushed while a scrub runs is no damage', async (t, driver) => {
  const core = await withImage(driver);
  const missing: Digest = LAYER_DIGEST;
  await driver.delete(core.paths.blobFolder(missing));
  const gated = new GatedDriver(driver);
  const gate = gated.holdNext(
    ({ call, path }) => call === 'read' && path === core.paths.revisionLink(REPOSITORY, DIGEST),
  );
  const run = scrubbedAnew(gated);
  await gate.reached;
  await pushImage(composeCore(driver));
  gate.open();
  t.deepEqual(outcomes(await run), []);
});
