import type { ExecutionContext } from 'ava';
import { digestOf } from '../../../../core/digest/digest.ts';
import type { StorageDriver } from '../../../../core/driver/index.ts';
import { RegistryErrors } from '../../../../core/model/errors.ts';
import { OCI_IMAGE_INDEX, OCI_IMAGE_MANIFEST } from '../../../../core/model/media-types.ts';
import { content, drain } from '../../../../testing/driver-case.ts';
import {
  descriptorOf,
  imageIndex,
  imageManifest,
  json,
  name,
  pushBlob,
  tagged,
} from '../../../helpers/content/registry-content.ts';
import { collectGarbage } from '../../../helpers/core/collect-garbage.ts';
import { type CoreParts, composeCore } from '../../../helpers/core/core-parts.ts';
import type { CallSite } from '../../../helpers/drivers/driver-wrapper.ts';
import { eachDriver } from '../../../helpers/drivers/each-driver.ts';
import { GatedDriver } from '../../../helpers/drivers/gated-driver.ts';
import { OldFiles } from '../../../helpers/drivers/old-files.ts';
import { storedFiles } from '../../../helpers/invariants/stored-files.ts';

const REPOSITORY = name('team/app');
const CONFIG = content(20, 1);
const LAYER = content(3_000, 2);
const IMAGE = imageManifest({ config: descriptorOf(CONFIG), layers: [descriptorOf(LAYER)] });
const INDEX = imageIndex([descriptorOf(IMAGE)]);
const SIGNATURE = imageManifest({ config: descriptorOf(CONFIG), layers: [], subject: descriptorOf(INDEX) });
const OUTER = imageIndex([descriptorOf(INDEX)]);
const manifest = (bytes: Buffer) => ({ bytes, contentType: undefined });
const byDigest = (bytes: Buffer) => ({ kind: 'digest', digest: digestOf(bytes) }) as const;

/** A registry with an index, its image and its signature, to which no tag leads. */
async function untagged(driver: StorageDriver): Promise<CoreParts> {
  const core = composeCore(driver);
  for (const bytes of [CONFIG, LAYER]) await pushBlob(core.layers, REPOSITORY, bytes);
  for (const bytes of [IMAGE, INDEX, SIGNATURE]) await core.manifests.put(REPOSITORY, byDigest(bytes), manifest(bytes));
  return core;
}

async function assertWhole(t: ExecutionContext, { manifests, layers, registry }: CoreParts): Promise<void> {
  for (const bytes of [INDEX, IMAGE, SIGNATURE])
    t.deepEqual((await manifests.get(REPOSITORY, byDigest(bytes))).bytes, bytes);
  for (const bytes of [CONFIG, LAYER])
    t.deepEqual(await drain(await (await layers.fetch(REPOSITORY, digestOf(bytes))).open()), bytes);
  const page = { limit: 9, after: undefined, artifactTypes: [] };
  const { items } = await registry.referrers.list(REPOSITORY, digestOf(INDEX), page);
  t.deepEqual(
    items.map(({ digest }) => digest),
    [digestOf(SIGNATURE)],
  );
}

const isOf = (bytes: Buffer, path: string): boolean => path.includes(digestOf(bytes).slice(7));
const MOMENTS: readonly (readonly [string, (site: CallSite) => boolean])[] = [
  ['the index is taken from its place', ({ call, path }) => call === 'move' && isOf(INDEX, path)],
  ['the signature is taken from its place', ({ call, path }) => call === 'move' && isOf(SIGNATURE, path)],
  ['the collection looks for marks', ({ call, path }) => call === 'stat' && path.endsWith('/filter')],
  ['the index is dropped', ({ call, path }) => call === 'delete' && isOf(INDEX, path) && path.includes('/aside/')],
];

for (const [moment, isMoment] of MOMENTS) {
  for (const [what, bytes] of [
    ['tagged', INDEX],
    ['listed by an index', OUTER],
  ] as const) {
    eachDriver(
      `an index that is ${what} as ${moment} keeps its images and its signatures, or the client hears that it is gone`,
      async (t, driver) => {
        const core = await untagged(driver);
        const gated = new GatedDriver(driver);
        const gate = gated.holdNext(isMoment);
        const collected = collectGarbage(composeCore(new OldFiles(gated)), { deletesUntagged: true });
        await gate.reached;
        core.blobs.collections.expire();
        const pushed = await core.manifests.put(REPOSITORY, tagged('v1'), manifest(bytes)).then(
          () => true,
          (error: unknown) => {
            t.true(error instanceof RegistryErrors);
            return false;
          },
        );
        gate.open();
        await collected;
        if (pushed) await assertWhole(t, composeCore(driver));
        else await t.throwsAsync(core.manifests.get(REPOSITORY, byDigest(INDEX)));
      },
    );
  }
}

eachDriver('a run that is stopped as it sweeps puts back every manifest that is not gone', async (t, driver) => {
  const core = await untagged(driver);
  const gated = new GatedDriver(driver);
  const gate = gated.holdNext(({ call, path }) => call === 'stat' && path.endsWith('/filter'));
  const stopping = new AbortController();
  const { signal } = stopping;
  const collected = collectGarbage(composeCore(new OldFiles(gated)), { deletesUntagged: true, signal });
  await gate.reached;
  stopping.abort(new Error('enough'));
  gate.open();
  await t.throwsAsync(collected, { message: 'enough' });
  for (const bytes of [INDEX, IMAGE, SIGNATURE])
    t.true((await driver.stat(core.paths.revisionLink(REPOSITORY, digestOf(bytes)))) !== undefined);
});

eachDriver('an index that refers to an image that it lists goes with it, and with its signature', async (t, driver) => {
  const core = composeCore(driver);
  for (const bytes of [CONFIG, LAYER]) await pushBlob(core.layers, REPOSITORY, bytes);
  const image = { ...descriptorOf(IMAGE), mediaType: OCI_IMAGE_MANIFEST };
  const index = json({ schemaVersion: 2, mediaType: OCI_IMAGE_INDEX, manifests: [image], subject: image });
  const signature = imageManifest({ config: descriptorOf(CONFIG), layers: [], subject: descriptorOf(index) });
  for (const bytes of [IMAGE, index, signature]) await core.manifests.put(REPOSITORY, byDigest(bytes), manifest(bytes));
  const collector = composeCore(new OldFiles(driver));
  t.like(await collectGarbage(collector, { deletesUntagged: true }), { removedManifests: 3, removedContents: 5 });
  t.deepEqual(
    [...(await storedFiles(driver)).keys()].filter((path) => path.includes('/aside/')),
    [],
  );
});
