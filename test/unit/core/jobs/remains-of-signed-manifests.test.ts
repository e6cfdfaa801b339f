import { createPublicKey, type KeyObject } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { digestOf } from '../../../../core/digest/digest.ts';
import type { StorageDriver } from '../../../../core/driver/index.ts';
import { keyId } from '../../../../core/manifests/schema-1/json-web-key.ts';
import { SignedText } from '../../../../core/manifests/schema-1/signed-text.ts';
import { generateSigningKey } from '../../../../core/manifests/schema-1/signing-key.ts';
import { verify } from '../../../../core/manifests/schema-1/verify.ts';
import { SCHEMA_1_SIGNED_MANIFEST } from '../../../../core/model/media-types.ts';
import type { Registry } from '../../../../core/registry/registry.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import { content } from '../../../../testing/driver-case.ts';
import { name, pushBlob, tagged } from '../../../helpers/content/registry-content.ts';
import { signedManifest } from '../../../helpers/content/signed-manifests.ts';
import { collectGarbage } from '../../../helpers/core/collect-garbage.ts';
import {
  type CoreParts,
  composeCore,
  composeCoreWithTrash,
  STRICT_VALIDATION,
} from '../../../helpers/core/core-parts.ts';
import type { CallSite } from '../../../helpers/drivers/driver-wrapper.ts';
import { eachDriver, emptied } from '../../../helpers/drivers/each-driver.ts';
import { FaultInjector } from '../../../helpers/drivers/fault-injector.ts';
import { GatedDriver } from '../../../helpers/drivers/gated-driver.ts';
import { OldFiles } from '../../../helpers/drivers/old-files.ts';
import { storedFiles } from '../../../helpers/invariants/stored-files.ts';

const REPOSITORY = name('team/app');
const LAYER = content(20, 1);
const KEY = generateSigningKey();
const OTHER_KEY = generateSigningKey();
const SIGNED = signedManifest({ name: REPOSITORY, tag: 'v1', layers: [digestOf(LAYER)] }, KEY);
const MANIFEST = digestOf(SIGNED.payload);
const SCHEMA_1 = { signingKey: generateSigningKey() };
const KEEP_MS = 72 * 3_600_000;

const compose = (driver: StorageDriver): CoreParts => composeCore(driver, STRICT_VALIDATION, undefined, SCHEMA_1);
const composeWithTrash = (driver: StorageDriver) =>
  composeCoreWithTrash(driver, { keepMs: KEEP_MS, schema1: SCHEMA_1 });

async function push({ registry, layers }: CoreParts, signed = SIGNED): Promise<void> {
  await pushBlob(layers, REPOSITORY, LAYER);
  await registry.manifests.put(
    REPOSITORY,
    { kind: 'digest', digest: MANIFEST },
    { bytes: signed.toBytes(), contentType: SCHEMA_1_SIGNED_MANIFEST },
  );
}

async function signersOf({ manifests }: Registry): Promise<readonly string[]> {
  const { bytes } = await manifests.get(REPOSITORY, { kind: 'digest', digest: MANIFEST });
  return verify(SignedText.parse(bytes)).map(keyId);
}

async function assertSignedBy(t: ExecutionContext, driver: StorageDriver, ...keys: readonly KeyObject[]) {
  const signers = await signersOf(compose(driver).registry);
  t.deepEqual(signers.toSorted(), keys.map((key) => keyId(createPublicKey(key))).toSorted());
}

const filesOf = async (driver: StorageDriver): Promise<string[]> => [...(await storedFiles(driver)).keys()];

/** What distribution leaves that deletes a manifest, and a killed process that has removed one. */
async function removeLink(driver: StorageDriver): Promise<void> {
  await driver.delete(compose(driver).paths.revisionLink(REPOSITORY, MANIFEST));
}

eachDriver('a signed manifest that is removed because it has no tag leaves no file', async (t, driver) => {
  await push(compose(driver));
  t.true((await filesOf(driver)).some((path) => path.includes('/signatures/')));
  const report = await collectGarbage(compose(new OldFiles(driver)), { deletesUntagged: true });
  t.like(report, { removedManifests: 1 });
  t.deepEqual(await filesOf(driver), []);
  t.deepEqual((await compose(driver).catalog.list({ limit: 9, after: undefined })).items, []);
});

for (const deletesUntagged of [false, true]) {
  eachDriver(
    `signatures whose manifest is gone are removed with their repository, deleteuntagged ${deletesUntagged}`,
    async (t, driver) => {
      await push(compose(driver));
      await removeLink(driver);
      await collectGarbage(compose(new OldFiles(driver)), { deletesUntagged });
      t.deepEqual(await filesOf(driver), []);
    },
  );
}

eachDriver('young signatures without a manifest stay, and so do those beside a torn link', async (t, driver) => {
  await push(compose(driver));
  await removeLink(driver);
  await collectGarbage(compose(driver), { deletesUntagged: true });
  t.true((await filesOf(driver)).some((path) => path.includes('/signatures/')));
  await driver.write(compose(driver).paths.revisionLink(REPOSITORY, MANIFEST), Buffer.from('sha25'));
  await collectGarbage(compose(new OldFiles(driver)), { deletesUntagged: true });
  t.true((await filesOf(driver)).some((path) => path.includes('/signatures/')));
});

for (const call of ['move', 'delete', 'write'] as const) {
  test(`a collection that dies at any ${call} leaves nothing of a signed manifest to the next ones`, async (t) => {
    const driver = new MemoryDriver();
    let hasDied = true;
    for (let index = 0; hasDied; index += 1) {
      await push(compose(driver));
      const faulty = new FaultInjector(driver);
      const core = compose(new OldFiles(faulty));
      faulty.plan({ fault: 'dead', index, call });
      await collectGarbage(core, { deletesUntagged: true }).catch(() => undefined);
      hasDied = faulty.hit !== undefined;
      for (let runs = 2; runs > 0; runs -= 1)
        await collectGarbage(compose(new OldFiles(driver)), { deletesUntagged: true });
      t.deepEqual(await filesOf(driver), [], `${call} ${index}`);
      await emptied(driver);
    }
  });
}

/** Matches calls from when the first signature is taken from its place. */
function onceSignaturesMove(isMoment: (site: CallSite) => boolean): (site: CallSite) => boolean {
  let hasMoved = false;
  return (site) => {
    hasMoved ||= site.call === 'move' && site.path.includes('/signatures/') && !site.path.includes('/aside/');
    return hasMoved && isMoment(site);
  };
}

const DROP = 'the manifest is dropped';
const MOMENTS: Readonly<Record<string, () => (site: CallSite) => boolean>> = {
  [DROP]: () => {
    return ({ call, path }) => call === 'delete' && path.includes('/aside/repositories/');
  },
  'the signature is taken from its place': () => onceSignaturesMove(({ call }) => call === 'move'),
  'the collection looks for marks': () =>
    onceSignaturesMove(({ call, path }) => call === 'stat' && path.endsWith('/filter')),
  'the signature is dropped': () => onceSignaturesMove(({ call }) => call === 'delete'),
};

for (const [moment, isMoment] of Object.entries(MOMENTS)) {
  for (const isGone of moment === DROP ? [false] : [false, true]) {
    const state = isGone ? 'that is gone already' : 'that a collection removes';
    eachDriver(`a manifest ${state} and is pushed as ${moment} has the signature of the push`, async (t, driver) => {
      const core = compose(driver);
      await push(core);
      if (isGone) await removeLink(driver);
      const gated = new GatedDriver(driver);
      const gate = gated.holdNext(isMoment());
      const collected = collectGarbage(compose(new OldFiles(gated)), { deletesUntagged: true });
      await gate.reached;
      core.blobs.collections.expire();
      // The same bytes, so the push relies on what is there.
      await push(core);
      gate.open();
      await collected;
      await assertSignedBy(t, driver, KEY);
    });
  }

  eachDriver(`a manifest that is undeleted as ${moment} has its signatures`, async (t, driver) => {
    const core = composeWithTrash(driver);
    await push(core);
    await push(core, signedManifest({ name: REPOSITORY, tag: 'v1', layers: [digestOf(LAYER)] }, OTHER_KEY));
    const gated = new GatedDriver(driver);
    const gate = gated.holdNext(isMoment());
    const collected = collectGarbage(composeWithTrash(new OldFiles(gated)), { deletesUntagged: true });
    await gate.reached;
    core.blobs.collections.expire();
    await core.undeleter.undelete(REPOSITORY, { kind: 'digest', digest: MANIFEST }, { isForced: false });
    gate.open();
    await collected;
    await assertSignedBy(t, driver, KEY, OTHER_KEY);
  });
}

eachDriver('a signed manifest that a collection has removed comes back with its signatures', async (t, driver) => {
  const core = composeWithTrash(new OldFiles(driver));
  await push(core);
  for (const removedManifests of [1, 0])
    t.like(await collectGarbage(core, { deletesUntagged: true }), { removedManifests });
  t.false((await filesOf(driver)).some((path) => path.includes('/signatures/')));
  await core.undeleter.undelete(REPOSITORY, { kind: 'digest', digest: MANIFEST }, { isForced: false });
  await assertSignedBy(t, driver, KEY);
});

/** Stores another manifest, which has a tag. */
async function keepLayer({ registry }: CoreParts): Promise<void> {
  const other = signedManifest({ name: REPOSITORY, tag: 'v2', layers: [digestOf(LAYER)] });
  await registry.manifests.put(REPOSITORY, tagged('v2'), {
    bytes: other.toBytes(),
    contentType: SCHEMA_1_SIGNED_MANIFEST,
  });
}

eachDriver('a push that hears of a collection once its manifest is stored keeps its signature', async (t, driver) => {
  const core = compose(driver);
  await push(core);
  await keepLayer(core);
  await removeLink(driver);
  const gated = new GatedDriver(driver);
  const gate = gated.holdNext(({ call, path }) => call === 'move' && path.includes('/signatures/'));
  const collected = collectGarbage(compose(new OldFiles(gated)), { deletesUntagged: true });
  await gate.reached;
  const put = core.revisions.put.bind(core.revisions);
  core.revisions.put = async (...given) => {
    await put(...given);
    core.blobs.collections.expire();
  };
  await push(core);
  gate.open();
  await collected;
  await assertSignedBy(t, driver, KEY);
});

for (const remover of ['a collection that it does not know', 'a delete'] as const) {
  eachDriver(`a push that pauses before its manifest keeps its signature beside ${remover}`, async (t, driver) => {
    const core = compose(driver);
    await push(core);
    await keepLayer(core);
    const gated = new GatedDriver(driver);
    const paths: readonly string[] = [core.paths.blobData(MANIFEST), core.paths.revisionLink(REPOSITORY, MANIFEST)];
    const gates = paths.map((held) => gated.holdNext(({ call, path }) => call === 'write' && path === held));
    if (remover !== 'a delete') await removeLink(driver);
    const pushed = push(compose(gated));
    await Promise.all(gates.map(({ reached }) => reached));
    if (remover === 'a delete') await core.registry.manifests.delete(REPOSITORY, { kind: 'digest', digest: MANIFEST });
    else await collectGarbage(compose(new OldFiles(driver)), { deletesUntagged: true });
    const signatures = `${core.paths.revisionFolder(REPOSITORY, MANIFEST)}/signatures/`;
    t.false((await filesOf(driver)).some((path) => path.startsWith(signatures)));
    for (const gate of gates) gate.open();
    await pushed;
    await assertSignedBy(t, driver, KEY);
  });
}
