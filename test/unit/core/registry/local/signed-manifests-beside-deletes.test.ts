import test, { type ExecutionContext } from 'ava';
import { RepositoryChanger } from '../../../../../core/admin/repository-changer.ts';
import { digestOf } from '../../../../../core/digest/digest.ts';
import { DriverError, type StorageDriver } from '../../../../../core/driver/index.ts';
import { SignedText } from '../../../../../core/manifests/schema-1/signed-text.ts';
import { generateSigningKey } from '../../../../../core/manifests/schema-1/signing-key.ts';
import { verify } from '../../../../../core/manifests/schema-1/verify.ts';
import { SCHEMA_1_SIGNED_MANIFEST } from '../../../../../core/model/media-types.ts';
import { MemoryDriver } from '../../../../../drivers/memory/memory-driver.ts';
import { content } from '../../../../../testing/driver-case.ts';
import { name, pushBlob, reference, tagged } from '../../../../helpers/content/registry-content.ts';
import { signedManifest } from '../../../../helpers/content/signed-manifests.ts';
import {
  type CoreParts,
  composeCore,
  composeCoreWithTrash,
  STRICT_VALIDATION,
} from '../../../../helpers/core/core-parts.ts';
import { changeNow } from '../../../../helpers/core/repository-parts.ts';
import { type CallSite, DriverWrapper } from '../../../../helpers/drivers/driver-wrapper.ts';
import { eachDriver } from '../../../../helpers/drivers/each-driver.ts';
import { GatedDriver } from '../../../../helpers/drivers/gated-driver.ts';
import { storedFiles } from '../../../../helpers/invariants/stored-files.ts';

const REPOSITORY = name('team/app');
const LAYER = content(20, 1);
const KEY = generateSigningKey();
const SIGNED = signedManifest({ name: REPOSITORY, tag: 'v1', layers: [digestOf(LAYER)] }, KEY);
const MANIFEST = digestOf(SIGNED.payload);
const BY_DIGEST = reference(MANIFEST);
const SCHEMA_1 = { signingKey: generateSigningKey() };
const ALL = { limit: 9, after: undefined };

const compose = (driver: StorageDriver): CoreParts => composeCore(driver, STRICT_VALIDATION, undefined, SCHEMA_1);

async function push({ registry }: CoreParts): Promise<void> {
  const manifest = { bytes: SIGNED.toBytes(), contentType: SCHEMA_1_SIGNED_MANIFEST };
  await registry.manifests.put(REPOSITORY, tagged('v1'), manifest);
}

const isOfSignature = ({ path }: CallSite): boolean => path.includes('/_manifests/') && path.includes('/signatures/');

/** The first call about a signature once the tag points to its manifest. */
function signsAgain(): (site: CallSite) => boolean {
  let hasTag = false;
  return (site) => {
    const isMoment = hasTag && isOfSignature(site);
    hasTag ||= site.call === 'write' && site.path.endsWith('/tags/v1/current/link');
    return isMoment;
  };
}

async function assertNoFile(t: ExecutionContext, driver: StorageDriver): Promise<void> {
  const files = [...(await storedFiles(driver)).keys()];
  t.deepEqual(
    files.filter((path) => path.includes('/repositories/') && path.includes('/_manifests/')),
    [],
  );
}

async function assertSigned(t: ExecutionContext, driver: StorageDriver): Promise<void> {
  const { bytes } = await compose(driver).registry.manifests.get(REPOSITORY, BY_DIGEST);
  t.deepEqual(SignedText.parse(bytes).signatures.length, 1);
  t.deepEqual(verify(SignedText.parse(bytes)).length, 1);
  const files = [...(await storedFiles(driver)).keys()];
  t.is(files.filter((path) => path.includes(MANIFEST.slice(7)) && path.includes('/signatures/')).length, 1);
}

eachDriver('a repository that is deleted while a push of it stalls does not come back', async (t, driver) => {
  const core = compose(driver);
  await pushBlob(core.layers, REPOSITORY, LAYER);
  const gated = new GatedDriver(driver);
  const gate = gated.holdNext(signsAgain());
  const pushed = push(compose(gated));
  await gate.reached;
  await changeNow(core, { action: 'delete', name: REPOSITORY });
  gate.open();
  await pushed;
  await assertNoFile(t, driver);
  t.deepEqual((await core.catalog.list(ALL)).items, []);
});

eachDriver('a repository that is about to be deleted takes no signature', async (t, driver) => {
  const core = compose(driver);
  await pushBlob(core.layers, REPOSITORY, LAYER);
  await core.container.get(RepositoryChanger).announce({ action: 'delete', name: REPOSITORY });
  await t.throwsAsync(push(core), { message: /UNAVAILABLE.*being deleted/ });
  await assertNoFile(t, driver);
});

eachDriver('a manifest that is deleted while its push stalls leaves no signature', async (t, driver) => {
  const core = compose(driver);
  await pushBlob(core.layers, REPOSITORY, LAYER);
  const gated = new GatedDriver(driver);
  const gate = gated.holdNext(signsAgain());
  const pushed = push(compose(gated));
  await gate.reached;
  await core.registry.manifests.delete(REPOSITORY, BY_DIGEST);
  gate.open();
  await pushed;
  await assertNoFile(t, driver);
});

test('a manifest that is deleted while its undeletion stalls leaves no signature', async (t) => {
  const driver = new MemoryDriver();
  const composed = (inner: StorageDriver) => composeCoreWithTrash(inner, { keepMs: 3_600_000, schema1: SCHEMA_1 });
  const core = composed(driver);
  await pushBlob(core.layers, REPOSITORY, LAYER);
  await push(core);
  await core.registry.manifests.delete(REPOSITORY, BY_DIGEST);
  const gated = new GatedDriver(driver);
  const gate = gated.holdNext(signsAgain());
  const undeleted = composed(gated).undeleter.undelete(REPOSITORY, BY_DIGEST, { isForced: false });
  await gate.reached;
  await core.registry.manifests.delete(REPOSITORY, BY_DIGEST);
  gate.open();
  await undeleted;
  await assertNoFile(t, driver);
});

eachDriver('a push that removes its signatures leaves those of a push that comes meanwhile', async (t, driver) => {
  const core = compose(driver);
  await pushBlob(core.layers, REPOSITORY, LAYER);
  const gated = new GatedDriver(driver);
  const stalls = gated.holdNext(signsAgain());
  const removes = gated.holdNext((site) => site.call === 'delete' && isOfSignature(site));
  const pushed = push(compose(gated));
  await stalls.reached;
  await core.registry.manifests.delete(REPOSITORY, BY_DIGEST);
  stalls.open();
  await removes.reached;
  await push(core);
  removes.open();
  await pushed;
  await assertSigned(t, driver);
});

/** A storage whose answers to some calls are lost. */
class LosingDriver extends DriverWrapper {
  readonly #isLost: (site: CallSite) => boolean;

  constructor(driver: StorageDriver, isLost: (site: CallSite) => boolean) {
    super(driver);
    this.#isLost = isLost;
  }

  protected override async around<Result>(site: CallSite, action: () => Promise<Result>): Promise<Result> {
    const result = await action();
    if (this.#isLost(site)) throw new DriverError('unavailable', { path: site.path });
    return result;
  }
}

const isRemoval = (site: CallSite): boolean => site.call === 'delete' && isOfSignature(site);
for (const [what, isLost, isFailed] of [
  ['removal of signatures', isRemoval, true],
  [
    'look for empty folders',
    ({ call, path }) => call === 'prune' || (call === 'list' && /_manifests$/.test(path)),
    false,
  ],
] as readonly (readonly [string, (site: CallSite) => boolean, boolean])[])
  eachDriver(`a push whose ${what} fails leaves the signatures of a push that comes meanwhile`, async (t, driver) => {
    const core = compose(driver);
    await pushBlob(core.layers, REPOSITORY, LAYER);
    const gated = new GatedDriver(new LosingDriver(driver, isLost));
    const stalls = gated.holdNext(signsAgain());
    const removes = gated.holdNext(isRemoval);
    const pushed = push(compose(gated));
    await stalls.reached;
    await core.registry.manifests.delete(REPOSITORY, BY_DIGEST);
    stalls.open();
    await removes.reached;
    await push(core);
    removes.open();
    await (isFailed ? t.throwsAsync(pushed, { message: /unavailable/i }) : t.notThrowsAsync(pushed));
    await assertSigned(t, driver);
  });
