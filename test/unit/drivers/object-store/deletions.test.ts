import test from 'ava';
import { KeyMapper, ObjectStoreDriver } from '../../../../drivers/object-store/index.ts';
import { at, bodyOf, content } from '../../../../testing/driver-case.ts';
import { KINDS, MemoryObjectStore, memoryBucket } from '../../../helpers/drivers/memory-object-store.ts';

test('a folder is deleted by one list and one request, and nobody asks whether it is a file', async (t) => {
  const store = new MemoryObjectStore({ bucket: memoryBucket(), capabilities: KINDS['as S3'] });
  const driver = new ObjectStoreDriver({ name: 'memory', store, keys: new KeyMapper('') });
  for (const name of ['one', 'two']) await driver.write(at(`/folder/${name}`), content(1));
  const before = { ...store.calls };
  await driver.delete(at('/folder'));
  const made = Object.entries(store.calls).map(([name, calls]) => [name, calls - (before[name] ?? 0)] as const);
  t.deepEqual(
    made.filter(([, calls]) => calls > 0),
    [
      ['list', 1],
      ['deleteMany', 1],
    ],
  );
});

test('an upload without anything below its path is deleted with its parts', async (t) => {
  const bucket = memoryBucket();
  const store = new MemoryObjectStore({ bucket, capabilities: KINDS['as S3'] });
  const driver = new ObjectStoreDriver({ name: 'memory', store, keys: new KeyMapper('') });
  const writer = await driver.openWriter(at('/up/data'), { append: false });
  await writer.append(bodyOf(content(KINDS['as S3'].parts.partBytes)));
  await writer[Symbol.asyncDispose]();
  t.is(bucket.uploads.size, 1);
  await driver.delete(at('/up/data'));
  t.is(bucket.uploads.size, 0);
  t.is(bucket.objects.size, 0);
});
