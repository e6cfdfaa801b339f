import test, { type ExecutionContext } from 'ava';
import { digestOf } from '../../../../../core/digest/digest.ts';
import { RegistryError } from '../../../../../core/model/errors.ts';
import { parseTag, type Reference } from '../../../../../core/model/reference.ts';
import { json, name, reference, tagged } from '../../../../helpers/content/registry-content.ts';
import { type CoreParts, composeCore } from '../../../../helpers/core/core-parts.ts';
import { everyInterleaving, type Interleaving, type Lane } from '../../../../helpers/core/interleavings.ts';
import type { CallSite } from '../../../../helpers/drivers/driver-wrapper.ts';
import { eachDriver } from '../../../../helpers/drivers/each-driver.ts';
import { GatedDriver } from '../../../../helpers/drivers/gated-driver.ts';

const REPOSITORY = name('foo/bar');
const manifest = (text: string) => ({ bytes: json({ schemaVersion: 2, manifests: [], text }), contentType: undefined });
const OLD = manifest('old');
const NEW = manifest('new');
const OLD_DIGEST = reference(digestOf(OLD.bytes));
const LATEST = parseTag('latest');
const TAG = tagged('latest');

interface ManifestRace {
  /** What is stored before. */
  readonly before: Reference;
  readonly lanes: (first: CoreParts, second: CoreParts) => Readonly<Record<string, Lane>>;
  readonly check: (parts: readonly [CoreParts, CoreParts], run: Interleaving, processes: 1 | 2) => Promise<void>;
}

const TAGS_MATTER = ({ path }: CallSite): boolean => path.includes('/tags');
const LINKS_MATTER = ({ path }: CallSite): boolean => path.includes('/_manifests/');
/** The history of a tag and lists do not matter: each listed tag is read again. */
const DECISIONS_MATTER = ({ call, path }: CallSite): boolean =>
  path.includes('/_manifests/') && !path.includes('/index/') && call !== 'list';

/** Once within one process, once with two on the same storage. */
function inEveryOrder(
  title: string,
  matters: (site: CallSite) => boolean,
  race: (t: ExecutionContext) => ManifestRace,
): void {
  for (const processes of [1, 2] as const) {
    test(`${title} [${processes === 1 ? 'one process' : 'two processes'}]`, async (t) => {
      const { before, lanes, check } = race(t);
      const orders = await everyInterleaving<readonly [CoreParts, CoreParts]>({
        matters,
        prepare: async (driver) => {
          const first = composeCore(driver);
          const second = processes === 1 ? first : composeCore(driver);
          await first.manifests.put(REPOSITORY, before, OLD);
          return { lanes: lanes(first, second), state: [first, second] };
        },
        check: async (parts, run) => {
          await noTagDangles(t, parts[0], run);
          await check(parts, run, processes);
        },
      });
      t.log(`${orders} orders`);
      t.true(orders > 1);
    });
  }
}

inEveryOrder(
  'putting a manifest under a tag and deleting it by digest leave both or neither, and no tag that dangles',
  DECISIONS_MATTER,
  (t) => ({
    before: OLD_DIGEST,
    lanes: (first, second) => ({
      put: () => first.manifests.put(REPOSITORY, TAG, OLD),
      delete: () => second.manifests.delete(REPOSITORY, OLD_DIGEST),
    }),
    check: async ([{ manifests, tagStore }], { outcomes, order }) => {
      t.is(outcomes['put']?.status, 'fulfilled', order);
      t.is(outcomes['delete']?.status, 'fulfilled', order);
      // Either both were done before the delete, or both after it.
      const isTagged = (await tagStore.get(REPOSITORY, LATEST)) !== undefined;
      t.is(await manifests.exists(REPOSITORY, OLD_DIGEST), isTagged, order);
    },
  }),
);

inEveryOrder(
  'a tag that is moved while its old manifest is deleted is lost at most to another process',
  TAGS_MATTER,
  (t) => ({
    before: TAG,
    lanes: (first, second) => ({
      put: () => first.manifests.put(REPOSITORY, TAG, NEW),
      delete: () => second.manifests.delete(REPOSITORY, OLD_DIGEST),
    }),
    check: async ([{ tagStore }], { order }, processes) => {
      const target = await tagStore.get(REPOSITORY, LATEST);
      t.true(target === digestOf(NEW.bytes) || (processes === 2 && target === undefined), order);
    },
  }),
);

inEveryOrder('two manifests that are put under one tag leave it at one of them', LINKS_MATTER, (t) => ({
  before: TAG,
  lanes: (first, second) => ({
    one: () => first.manifests.put(REPOSITORY, TAG, NEW),
    two: () => second.manifests.put(REPOSITORY, TAG, manifest('two')),
  }),
  check: async ([{ manifests }], { order }) => {
    const { bytes } = await manifests.get(REPOSITORY, TAG);
    t.true(bytes.equals(NEW.bytes) || bytes.equals(manifest('two').bytes), order);
  },
}));

inEveryOrder('putting and deleting one tag leave it whole or take it', LINKS_MATTER, (t) => ({
  before: TAG,
  lanes: (first, second) => ({
    put: () => first.manifests.put(REPOSITORY, TAG, NEW),
    delete: () => second.manifests.delete(REPOSITORY, TAG),
  }),
  check: async ([{ tagStore }], { order }) => {
    const target = await tagStore.get(REPOSITORY, LATEST);
    t.true(target === undefined || target === digestOf(NEW.bytes), order);
  },
}));

inEveryOrder(
  'getting a manifest while it is deleted gives it whole or not, and memory does not lie afterwards',
  LINKS_MATTER,
  (t) => ({
    before: TAG,
    lanes: (first, second) => ({
      get: () => second.manifests.get(REPOSITORY, TAG),
      delete: () => first.manifests.delete(REPOSITORY, OLD_DIGEST),
    }),
    check: async ([{ manifests }], { outcomes, order }) => {
      const got = outcomes['get'];
      if (got?.status === 'rejected') t.true(RegistryError.is(got.reason, 'MANIFEST_UNKNOWN'), order);
      else t.deepEqual((got?.value as { bytes: Buffer }).bytes, OLD.bytes, order);
      t.false(await manifests.exists(REPOSITORY, OLD_DIGEST), order);
    },
  }),
);

eachDriver('a tag that is set while its manifest is deleted keeps the manifest', async (t, driver) => {
  const gated = new GatedDriver(driver);
  const { manifests, paths } = composeCore(gated);
  await manifests.put(REPOSITORY, TAG, OLD);
  const gate = gated.holdNext(
    ({ call, path }) => call === 'write' && path === paths.tagCurrentLink(REPOSITORY, parseTag('other')),
  );
  const put = manifests.put(REPOSITORY, tagged('other'), OLD);
  await gate.reached;
  await manifests.delete(REPOSITORY, OLD_DIGEST);
  t.false(await manifests.exists(REPOSITORY, OLD_DIGEST));
  gate.open();
  await put;
  t.deepEqual((await manifests.get(REPOSITORY, tagged('other'))).bytes, OLD.bytes);
  t.deepEqual((await composeCore(driver).manifests.get(REPOSITORY, tagged('other'))).bytes, OLD.bytes);
});

eachDriver('a push whose manifest is deleted twice meanwhile leaves its tag at the manifest', async (t, driver) => {
  const core = composeCore(driver);
  const gated = new GatedDriver(driver);
  let links = 0;
  const setsTag = gated.holdNext(({ call, path }) => call === 'write' && path.endsWith('/tags/latest/current/link'));
  const readsTag = gated.holdNext(({ call, path }) => {
    if (call === 'write' && path.includes('/_manifests/revisions/')) links += 1;
    return links === 2 && call === 'read' && path.endsWith('/tags/latest/current/link');
  });
  const pushed = composeCore(gated).manifests.put(REPOSITORY, TAG, OLD);
  for (const gate of [setsTag, readsTag]) {
    await gate.reached;
    await core.manifests.delete(REPOSITORY, OLD_DIGEST);
    gate.open();
  }
  await pushed;
  t.deepEqual((await core.manifests.get(REPOSITORY, TAG)).bytes, OLD.bytes);
});

eachDriver('a tag that is moved while its old manifest is deleted survives', async (t, driver) => {
  const gated = new GatedDriver(driver);
  const { manifests, paths } = composeCore(gated);
  await manifests.put(REPOSITORY, TAG, OLD);
  const gate = gated.holdNext(({ call, path }) => call === 'delete' && path === paths.tag(REPOSITORY, LATEST));
  const deleted = manifests.delete(REPOSITORY, OLD_DIGEST);
  await gate.reached;
  const put = manifests.put(REPOSITORY, TAG, NEW);
  gate.open();
  await Promise.all([put, deleted]);
  t.deepEqual((await manifests.get(REPOSITORY, TAG)).bytes, NEW.bytes);
});

/** Asks the stores, which remember nothing. */
async function noTagDangles(
  t: ExecutionContext,
  { tagStore, revisions }: CoreParts,
  { order }: Interleaving,
): Promise<void> {
  for (const tag of await tagStore.list(REPOSITORY, { limit: 10 })) {
    const digest = await tagStore.get(REPOSITORY, tag);
    const isThere = digest !== undefined && (await revisions.has(REPOSITORY, digest));
    t.true(isThere && (await revisions.read(digest)) !== undefined, `tag ${tag} dangles: ${order}`);
  }
}
