import test from 'ava';
import { digestOf } from '../../../../../core/digest/digest.ts';
import type { Broadcast } from '../../../../../core/ports/broadcast.ts';
import { ManifestCache } from '../../../../../core/registry/local/manifest-cache.ts';
import { MemoryDriver } from '../../../../../drivers/memory/memory-driver.ts';
import { name } from '../../../../helpers/content/registry-content.ts';

const REPOSITORY = name('foo/bar');
const DIGEST = digestOf(Buffer.from('manifest'));

/** The messages to a cache, and whether it receives them. */
interface Subscriber {
  act: (text: string) => void;
  /** On messages about content that is no longer stored. */
  actOnContent: (text: string) => void;
  missed: () => void;
  isConnected: boolean;
}

function cacheOn(
  locality: 'local' | 'remote',
  reach: Broadcast['reach'],
): { cache: ManifestCache; messages: Subscriber } {
  const messages: Subscriber = {
    act: () => undefined,
    actOnContent: () => undefined,
    missed: () => undefined,
    isConnected: true,
  };
  const broadcast: Broadcast = {
    reach,
    get isConnected() {
      return messages.isConnected;
    },
    publish: async () => undefined,
    subscribe: (subject, act, missed) => {
      if (subject === 'manifest-cache/forget') Object.assign(messages, { act, missed });
      else messages.actOnContent = act;
    },
  };
  const driver = new MemoryDriver();
  const remote = Object.defineProperty(driver, 'capabilities', { value: { ...driver.capabilities, locality } });
  const cache = new ManifestCache(broadcast, remote);
  cache.remember(REPOSITORY, DIGEST, cache.epoch);
  return { cache, messages };
}

test('the manifests of a repository are remembered if asking crosses a network and all instances can be heard', (t) => {
  t.true(cacheOn('remote', 'instances').cache.has(REPOSITORY, DIGEST));
});

test('they are not remembered if another instance could delete one without a message', (t) => {
  t.false(cacheOn('remote', 'instance').cache.has(REPOSITORY, DIGEST));
});

test('they are not remembered if asking is cheap', (t) => {
  t.false(cacheOn('local', 'instances').cache.has(REPOSITORY, DIGEST));
});

test('a manifest that another instance deletes is forgotten', (t) => {
  const { cache, messages } = cacheOn('remote', 'instances');
  messages.act(`${REPOSITORY}@${DIGEST}`);
  t.false(cache.has(REPOSITORY, DIGEST));
});

test('nothing is trusted while messages are not heard, and nothing older afterwards', (t) => {
  const { cache, messages } = cacheOn('remote', 'instances');
  const { epoch } = cache;
  messages.isConnected = false;
  t.false(cache.has(REPOSITORY, DIGEST));
  messages.isConnected = true;
  messages.missed();
  t.false(cache.has(REPOSITORY, DIGEST));
  cache.remember(REPOSITORY, DIGEST, epoch);
  t.false(cache.has(REPOSITORY, DIGEST), 'the storage was asked before');
});

test('content that another process has found damaged is read again, and what repositories have is remembered', async (t) => {
  const { cache, messages } = cacheOn('remote', 'instances');
  const manifest = { digest: DIGEST, mediaType: 'application/json', bytes: Buffer.from('manifest') };
  cache.keep(manifest);
  messages.actOnContent(DIGEST);
  t.is(cache.content(DIGEST), undefined);
  t.true(cache.has(REPOSITORY, DIGEST));
  cache.keep(manifest);
  await cache.forgetContent(DIGEST);
  t.is(cache.content(DIGEST), undefined);
});
