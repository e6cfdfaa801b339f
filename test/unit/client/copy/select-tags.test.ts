import test from 'ava';
import { copy } from '../../../../client/copy/copy.ts';
import { selectTags } from '../../../../client/copy/select-tags.ts';
import type { TagRules } from '../../../../client/copy/selection.ts';
import { MemoryStore } from '../../../../client/stores/memory-store.ts';
import { collect } from '../../../helpers/client/collect.ts';
import { makeImage, makeIndex } from '../../../helpers/client/images.ts';

async function storeWith(tags: readonly string[], created?: (tag: string) => string): Promise<MemoryStore> {
  const store = new MemoryStore();
  for (const tag of tags) {
    const config = { os: 'linux', architecture: 'amd64', tag, ...(created && { created: created(tag) }) };
    await makeImage(store, { layers: [], tag, config });
  }
  return store;
}

const TAGS = [
  'latest',
  'v1.0.0',
  'v1.2',
  '1.10.0',
  'v2.0.0-rc.1',
  'v2.0.0',
  '3',
  'v1.2-slim',
  'sha256-abc',
  '2026.01.31',
];

async function selected(rules: TagRules, tags = TAGS): Promise<readonly string[]> {
  return selectTags(await storeWith(tags), rules, {});
}

test('without rules every tag is selected, in byte order', async (t) => {
  t.deepEqual(await selected({}), [...TAGS].sort());
});

test('a tag must match one of the included patterns and none of the excluded ones', async (t) => {
  t.deepEqual(await selected({ include: ['v1.*', 'latest'] }), ['latest', 'v1.0.0', 'v1.2', 'v1.2-slim']);
  t.deepEqual(await selected({ include: ['v*'], exclude: ['*-rc.*', '*-slim'] }), ['v1.0.0', 'v1.2', 'v2.0.0']);
  t.deepEqual(await selected({ include: [] }), []);
});

test('a range takes versions with or without v and with missing parts, in the order of versions', async (t) => {
  t.deepEqual(await selected({ semver: '>=1.0.0 <2' }), ['v1.0.0', 'v1.2', '1.10.0']);
  t.deepEqual(await selected({ semver: '>=2.0.0-0 <4' }), ['v2.0.0-rc.1', 'v2.0.0', '3']);
  await t.throwsAsync(selected({ semver: 'latest and greatest' }), { code: 'selection', message: /not a range/ });
});

test('the newest of a range are the highest versions', async (t) => {
  t.deepEqual(await selected({ semver: '*', exclude: ['20*'], newest: 2 }), ['v2.0.0', '3']);
  t.deepEqual(await selected({ newest: 0 }), []);
  for (const newest of [-1, 1.5, Number.NaN]) await t.throwsAsync(selected({ newest }), { code: 'selection' });
});

test('without a range the newest are the youngest images, also those of an index', async (t) => {
  const years: Readonly<Record<string, string>> = { c: '2021', a: '2024', b: '2023' };
  const store = await storeWith(Object.keys(years), (tag) => `${years[tag]}-01-01T00:00:00Z`);
  const config = { os: 'linux', architecture: 'amd64', created: '2025-01-01T00:00:00Z' };
  const { descriptor } = await makeImage(store, { layers: [], config, isPart: true });
  await makeIndex(store, [descriptor], 'index');
  await makeImage(store, { layers: [], tag: 'undated', config: { os: 'linux' } });
  t.deepEqual(await selectTags(store, { newest: 3 }, {}), ['b', 'a', 'index'] as never);
});

test('tags that are selected by rules are copied under their names', async (t) => {
  const target = new MemoryStore();
  await copy(await storeWith(TAGS), target, { tags: { semver: '1' } }).result;
  t.deepEqual((await collect(target.tags())).sort(), ['1.10.0', 'v1.0.0', 'v1.2'] as never);
});

test('a rule that no tag fulfils is an error of its own', async (t) => {
  const { result } = copy(new MemoryStore(), new MemoryStore(), { tags: { include: ['v*'] } });
  await t.throwsAsync(result, { code: 'no-images', message: 'no tag of memory matches the rules' });
});
