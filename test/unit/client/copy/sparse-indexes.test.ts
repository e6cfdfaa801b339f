import test, { type ExecutionContext } from 'ava';
import { copy } from '../../../../client/copy/copy.ts';
import { CopyError } from '../../../../client/copy/copy-error.ts';
import { MemoryStore } from '../../../../client/stores/memory-store.ts';
import { RegistryStore } from '../../../../client/stores/registry-store.ts';
import { parseRepositoryName } from '../../../../core/model/reference.ts';
import { collect } from '../../../helpers/client/collect.ts';
import { makeImage, makeIndex, randomLayers } from '../../../helpers/client/images.ts';
import { openRemote } from '../../../helpers/client/open-remote.ts';
import { withRegistry } from '../../../helpers/http/with-registry.ts';

const ALL = { tags: {} };
const PLATFORMS = ['amd64', 'arm64', 's390x'].map((architecture) => ({ os: 'linux', architecture }));
const TWO = { platforms: PLATFORMS.slice(0, 2) };

/** Two indexes of three images each. */
async function givenIndexes() {
  const source = new MemoryStore();
  for (const tag of ['v1', 'v2']) {
    const images = [];
    for (const config of PLATFORMS) {
      const { descriptor } = await makeImage(source, { layers: randomLayers(1, 100), config, isPart: true });
      images.push({ ...descriptor, platform: config });
    }
    await makeIndex(source, images, tag);
  }
  return source;
}

/** A registry that wants every image of an index. */
async function strictRegistry(t: ExecutionContext) {
  const { address } = await withRegistry(t);
  const repository = parseRepositoryName('team/app');
  return new RegistryStore({ registry: openRemote(t, address) }, { host: new URL(address).host, repository });
}

test('a copy of some platforms says before it moves anything that a registry may refuse the index', async (t) => {
  const [source, target] = [await givenIndexes(), await strictRegistry(t)];
  for (const [options, count] of [
    [TWO, 2],
    [{ ...TWO, index: 'rewrite' }, 0],
    [{}, 0],
  ] as const) {
    const events = (await collect(copy(source, target, ALL, { ...options, dryRun: true }))).map(({ type }) => type);
    t.is(events.filter((type) => type === 'index-sparse').length, count);
    if (count > 0) t.true(events.indexOf('index-sparse') < events.indexOf('blob-queued'));
  }
  await copy(source, target, ALL).result;
  const again = (await collect(copy(source, target, ALL, TWO))).map(({ type }) => type);
  t.false(again.includes('index-sparse'));
});

test('a registry that refuses an index without all of its images is not sent the next one', async (t) => {
  const [source, target] = [await givenIndexes(), await strictRegistry(t)];
  const run = copy(source, target, ALL, { ...TWO, keepGoing: true });
  const [events, result] = await Promise.all([collect(run), run.result]);
  for (const { error } of result.failed) t.true(CopyError.is(error, 'sparse'), String(error));
  t.deepEqual(
    result.failed.map(({ name }) => name),
    ['v1', 'v2'],
  );
  const second = events.slice(events.findLastIndex(({ type }) => type === 'image-begun')).map(({ type }) => type);
  t.deepEqual(second, ['image-begun', 'index-sparse', 'image-failed']);
  t.is((await copy(source, target, ALL, { ...TWO, index: 'rewrite' }).result).images.length, 2);
});

test('a layout takes an index without all of its images, and nothing is said of it', async (t) => {
  const events = await collect(copy(await givenIndexes(), new MemoryStore(), ALL, TWO));
  t.false(events.some(({ type }) => type === 'index-sparse'));
});
