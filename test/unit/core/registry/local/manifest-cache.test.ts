import test from 'ava';
import { digestOf } from '../../../../../core/digest/digest.ts';
import type { Bulletin } from '../../../../../core/ports/bulletin.ts';
import { ManifestCache } from '../../../../../core/registry/local/manifest-cache.ts';
import { MemoryDriver } from '../../../../../drivers/memory/memory-driver.ts';
import { name } from '../../../../helpers/content/registry-content.ts';

const REPOSITORY = name('foo/bar');
const DIGEST = digestOf(Buffer.from('manifest'));

/** What a cache is told by others, and whether it hears it. */
interface News {
  act: (text: string) => void;
  missed: () => void;
  isHeard: boolean;
}

function cacheOn(locality: 'local' | 'remote', reach: Bulletin['reach']): { cache: ManifestCache; news: News } {
  const news: News = { act: () => undefined, missed: () => undefined, isHeard: true };
  const bulletin: Bulletin = {
    reach,
    get isHeard() {
      return news.isHeard;
    },
    publish: async () => undefined,
    subscribe: (_subject, act, missed) => void Object.assign(news, { act, missed }),
  };
  const driver = new MemoryDriver();
  const remote = Object.defineProperty(driver, 'capabilities', { value: { ...driver.capabilities, locality } });
  const cache = new ManifestCache(bulletin, remote);
  cache.remember(REPOSITORY, DIGEST, cache.epoch);
  return { cache, news };
}

test('what a repository has is remembered where asking crosses a network and all instances can be heard', (t) => {
  t.true(cacheOn('remote', 'instances').cache.has(REPOSITORY, DIGEST));
});

test('it is not remembered where another instance could delete it without a word', (t) => {
  t.false(cacheOn('remote', 'instance').cache.has(REPOSITORY, DIGEST));
});

test('it is not remembered where asking is cheap', (t) => {
  t.false(cacheOn('local', 'instances').cache.has(REPOSITORY, DIGEST));
});

test('what another instance deletes is forgotten', (t) => {
  const { cache, news } = cacheOn('remote', 'instances');
  news.act(`${REPOSITORY}@${DIGEST}`);
  t.false(cache.has(REPOSITORY, DIGEST));
});

test('nothing is believed while news are not heard, and nothing older afterwards', (t) => {
  const { cache, news } = cacheOn('remote', 'instances');
  const { epoch } = cache;
  news.isHeard = false;
  t.false(cache.has(REPOSITORY, DIGEST));
  news.isHeard = true;
  news.missed();
  t.false(cache.has(REPOSITORY, DIGEST));
  cache.remember(REPOSITORY, DIGEST, epoch);
  t.false(cache.has(REPOSITORY, DIGEST), 'the storage was asked before');
});
