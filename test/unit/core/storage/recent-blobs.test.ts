import test from 'ava';
import { digestOf } from '../../../../core/digest/digest.ts';
import type { Broadcast } from '../../../../core/ports/broadcast.ts';
import { RecentBlobs } from '../../../../core/storage/recent-blobs.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import { name } from '../../../helpers/content/registry-content.ts';

const REPOSITORY = name('foo/bar');
const DIGEST = digestOf(Buffer.from('layer'));
const BLOB = { digest: DIGEST, size: 5 };

interface Link {
  hear: (text: string) => void;
  miss: () => void;
  isConnected: boolean;
  readonly said: string[];
}

function recentBlobs({
  locality = 'remote',
  reach = 'instance',
}: {
  locality?: 'local' | 'remote';
  reach?: Broadcast['reach'];
} = {}): { recent: RecentBlobs; link: Link } {
  const link: Link = { hear: () => undefined, miss: () => undefined, isConnected: true, said: [] };
  const broadcast: Broadcast = {
    reach,
    get isConnected() {
      return link.isConnected;
    },
    publish: async (_subject, text) => void link.said.push(text),
    subscribe: (_subject, hear, miss) => void Object.assign(link, { hear, miss }),
  };
  const recent = new RecentBlobs(broadcast, { ...new MemoryDriver().capabilities, locality });
  return { recent, link };
}

test('a blob that this process has linked is remembered where asking crosses a network', (t) => {
  const { recent } = recentBlobs();
  recent.linked(REPOSITORY, DIGEST, { blob: BLOB, epoch: recent.epoch });
  t.deepEqual(recent.get(REPOSITORY, DIGEST), BLOB);
  t.is(recent.get(name('foo'), DIGEST), undefined);
});

test('nothing is remembered, said or heard where asking is cheap', async (t) => {
  const { recent, link } = recentBlobs({ locality: 'local', reach: 'instances' });
  recent.linked(REPOSITORY, DIGEST, { blob: BLOB, epoch: recent.epoch });
  recent.found(REPOSITORY, DIGEST, { blob: BLOB, epoch: recent.epoch });
  t.is(recent.get(REPOSITORY, DIGEST), undefined);
  await recent.forget(REPOSITORY, DIGEST);
  t.deepEqual(link.said, []);
});

test('a blob that was only found is remembered if all instances can be heard', (t) => {
  for (const [reach, blob] of [
    ['instance', undefined],
    ['instances', BLOB],
  ] as const) {
    const { recent } = recentBlobs({ reach });
    recent.found(REPOSITORY, DIGEST, { blob: BLOB, epoch: recent.epoch });
    t.deepEqual(recent.get(REPOSITORY, DIGEST), blob);
  }
});

test('a delete is said to other processes; here and there the blob is forgotten, also by a push that began before', async (t) => {
  const { recent, link } = recentBlobs();
  for (const forget of [() => recent.forget(REPOSITORY, DIGEST), async () => link.hear(`${REPOSITORY}@${DIGEST}`)]) {
    const { epoch } = recent;
    recent.linked(REPOSITORY, DIGEST, { blob: BLOB, epoch });
    await forget();
    t.is(recent.get(REPOSITORY, DIGEST), undefined);
    recent.linked(REPOSITORY, DIGEST, { blob: BLOB, epoch });
    t.is(recent.get(REPOSITORY, DIGEST), undefined);
  }
  t.deepEqual(link.said, [`${REPOSITORY}@${DIGEST}`]);
});

test('nothing is trusted while messages are not heard, and nothing older afterwards', (t) => {
  const { recent, link } = recentBlobs();
  recent.linked(REPOSITORY, DIGEST, { blob: BLOB, epoch: recent.epoch });
  link.isConnected = false;
  t.is(recent.get(REPOSITORY, DIGEST), undefined);
  link.isConnected = true;
  link.miss();
  t.is(recent.get(REPOSITORY, DIGEST), undefined);
});
