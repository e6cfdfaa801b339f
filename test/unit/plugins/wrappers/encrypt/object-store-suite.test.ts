import test from 'ava';
import { KeyMapper, ObjectStoreDriver } from '../../../../../drivers/object-store/index.ts';
import encrypt from '../../../../../plugins/wrappers/encrypt/index.ts';
import { driverSuite } from '../../../../../testing/driver-suite.ts';
import { KINDS, MemoryObjectStore, memoryBucket } from '../../../../helpers/drivers/memory-object-store.ts';
import { atLength } from '../../../../helpers/running/length.ts';
import { wrap } from '../wrap.ts';
import { KEY } from './encrypted-filesystem.ts';

for (const [kind, capabilities] of Object.entries(KINDS)) {
  driverSuite({
    groups: atLength({ full: undefined, short: ['streams'] }),
    test: (title, run) => test(`${kind}: ${title}`, (t) => t.notThrowsAsync(run)),
    create: async () => {
      const bucket = memoryBucket();
      const open = async () => {
        const store = new MemoryObjectStore({ bucket, capabilities });
        const inner = new ObjectStoreDriver({ name: 'objects', store, keys: new KeyMapper('/root/') });
        return wrap(inner, { definition: encrypt, options: { keys: [{ id: 'a', value: KEY }] } });
      };
      const driver = await open();
      return { driver, reopen: open, dispose: async () => driver[Symbol.asyncDispose]() };
    },
  });
}
