import test from 'ava';
import { digestOf } from '../../../../core/digest/digest.ts';
import { ForwardingDriver, type StorageDriver } from '../../../../core/driver/index.ts';
import { parseRepositoryName } from '../../../../core/model/reference.ts';
import type { Broadcast } from '../../../../core/ports/broadcast.ts';
import type { DescriptorCache, StoredBlob } from '../../../../core/ports/descriptor-cache.ts';
import type { Logger } from '../../../../core/ports/logger.ts';
import { BlobLookupCache } from '../../../../core/storage/blob-lookup-cache.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import { InMemoryDescriptors } from '../../../../plugins/caches/inmemory.ts';
import { ProcessBroadcast } from '../../../../plugins/coordination/process/process-broadcast.ts';

const NAME = parseRepositoryName('a/b');
const DIGEST = digestOf(Buffer.from('layer'));
const BLOB: StoredBlob = { digest: DIGEST, size: 5 };

function logInto(lines: unknown[]): Logger {
  const nothing = (): void => undefined;
  return {
    debug: nothing,
    info: nothing,
    error: nothing,
    warn: ({ call }, message) => void lines.push([call, message]),
  };
}

const NEAR = new MemoryDriver();
const FAR = new ForwardingDriver(NEAR, { locality: 'remote' });

function knownBlobs({
  cache = new InMemoryDescriptors(10),
  broadcast = new ProcessBroadcast(),
  log = logInto([]),
  storage = NEAR,
}: {
  cache?: DescriptorCache;
  broadcast?: Broadcast;
  log?: Logger;
  storage?: StorageDriver;
} = {}): BlobLookupCache {
  return new BlobLookupCache(cache, broadcast, log, storage);
}

/** Delivers to every other process, as the one between workers does. */
function joinedBroadcasts(count: number): Broadcast[] {
  const listeners = Array.from({ length: count }, () => new Map<string, (text: string) => void>());
  return listeners.map((own) => ({
    reach: 'instances',
    isConnected: true,
    subscribe: (subject, act) => void own.set(subject, act),
    publish: async (subject, text) => {
      for (const other of listeners) if (other !== own) other.get(subject)?.(text);
    },
  }));
}

test('an answer of the storage is known until it is forgotten', async (t) => {
  const known = knownBlobs();
  t.is(await known.get(NAME, DIGEST), undefined);
  known.remember(NAME, DIGEST, { blob: BLOB, epoch: known.epoch });
  t.deepEqual(await known.get(NAME, DIGEST), BLOB);
  t.is(await known.get(parseRepositoryName('a/c'), DIGEST), undefined, 'other repositories need not have it');
  await known.forget(NAME, DIGEST);
  t.is(await known.get(NAME, DIGEST), undefined);
});

test('an answer from before a delete is not remembered after it', async (t) => {
  const known = knownBlobs();
  const { epoch } = known;
  await known.forget(NAME, DIGEST);
  known.remember(NAME, DIGEST, { blob: BLOB, epoch });
  t.is(await known.get(NAME, DIGEST), undefined);
});

test('a delete in one process applies to all, including answers in flight', async (t) => {
  const [here, there] = joinedBroadcasts(2).map((broadcast) => knownBlobs({ broadcast })) as [
    BlobLookupCache,
    BlobLookupCache,
  ];
  there.remember(NAME, DIGEST, { blob: BLOB, epoch: there.epoch });
  const { epoch } = there;
  await here.forget(NAME, DIGEST);
  t.is(await there.get(NAME, DIGEST), undefined);
  there.remember(NAME, DIGEST, { blob: BLOB, epoch });
  t.is(await there.get(NAME, DIGEST), undefined);
});

test('a remote cache is asked only if the storage is remote, too, and is notified of every delete', async (t) => {
  for (const [storage, expected] of [
    [NEAR, ['delete']],
    [FAR, ['set', 'get', 'delete']],
  ] as const) {
    const calls: string[] = [];
    const cache: DescriptorCache = {
      isRemote: true,
      get: async () => void calls.push('get'),
      set: async () => void calls.push('set'),
      delete: async () => void calls.push('delete'),
    };
    const known = knownBlobs({ cache, storage });
    known.remember(NAME, DIGEST, { blob: BLOB, epoch: known.epoch });
    await known.get(NAME, DIGEST);
    await known.forget(NAME, DIGEST);
    t.deepEqual(calls, expected);
  }
});

test('a cache that fails is logged, and the storage is asked', async (t) => {
  const lines: unknown[] = [];
  const broken = async (): Promise<never> => {
    throw new Error('no connection');
  };
  const cache: DescriptorCache = { get: broken, set: broken, delete: broken };
  const known = knownBlobs({ cache, log: logInto(lines) });
  t.is(await known.get(NAME, DIGEST), undefined);
  known.remember(NAME, DIGEST, { blob: BLOB, epoch: known.epoch });
  await known.forget(NAME, DIGEST);
  t.deepEqual(lines.map(String), [
    'get,the descriptor cache failed',
    'set,the descriptor cache failed',
    'delete,the descriptor cache failed',
  ]);
});

test('without a cache nothing is known and no delete is reported', async (t) => {
  const told: string[] = [];
  const broadcast: Broadcast = {
    reach: 'instances',
    isConnected: true,
    subscribe: () => undefined,
    publish: async (subject) => void told.push(subject),
  };
  const known = new BlobLookupCache(undefined, broadcast, logInto([]), NEAR);
  known.remember(NAME, DIGEST, { blob: BLOB, epoch: known.epoch });
  await known.forget(NAME, DIGEST);
  t.is(await known.get(NAME, DIGEST), undefined);
  t.deepEqual(told, []);
});

test('the cache in memory forgets after five seconds, and what is used least when it is full', async (t) => {
  let now = 1_000;
  const cache = new InMemoryDescriptors(2, () => now);
  await cache.set(NAME, DIGEST, BLOB);
  now += 4_999;
  t.deepEqual(await cache.get(NAME, DIGEST), BLOB);
  now += 2;
  t.is(await cache.get(NAME, DIGEST), undefined);
  const others = ['x', 'y', 'z'].map((name) => parseRepositoryName(name));
  for (const name of others) await cache.set(name, DIGEST, BLOB);
  const kept = await Promise.all(others.map((name) => cache.get(name, DIGEST)));
  t.deepEqual(kept, [undefined, BLOB, BLOB]);
});
