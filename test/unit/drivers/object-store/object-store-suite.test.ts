import test from 'ava';
import { KeyMapper, ObjectStoreDriver } from '../../../../drivers/object-store/index.ts';
import { driverSuite } from '../../../../testing/driver-suite.ts';
import { KINDS, MemoryObjectStore, memoryBucket } from '../../../helpers/drivers/memory-object-store.ts';
import { atLength } from '../../../helpers/running/length.ts';

for (const [kind, capabilities] of Object.entries(KINDS)) {
  const groups = atLength({
    full: undefined,
    short: capabilities.conditionalPuts ? undefined : (['streams'] as const),
  });
  driverSuite({
    test: (title, run) => test(`${kind}: ${title}`, (t) => t.notThrowsAsync(run)),
    ...(groups && { groups }),
    create: async () => {
      const bucket = memoryBucket();
      const open = () => {
        const store = new MemoryObjectStore({ bucket, capabilities });
        return new ObjectStoreDriver({ name: 'objects', store, keys: new KeyMapper('/root/') });
      };
      const driver = open();
      return { driver, reopen: async () => open(), dispose: () => driver[Symbol.asyncDispose]() };
    },
  });
}
