import { digestOf } from '../../../../core/digest/digest.ts';
import { content } from '../../../../testing/driver-case.ts';
import { name, pushBlob } from '../../../helpers/content/registry-content.ts';
import { composeCoreWithTrash } from '../../../helpers/core/core-parts.ts';
import { eachDriver } from '../../../helpers/drivers/each-driver.ts';

const BLOB = content(20, 1);
const COLLECTION = 'collection';

eachDriver(
  'a file that a request puts back while a collection moves it into the trash stays there',
  async (t, driver) => {
    const { layers, collections, paths, trash } = composeCoreWithTrash(driver, { keepMs: 60_000 });
    await pushBlob(layers, name('app'), BLOB);
    const path = paths.blobData(digestOf(BLOB));
    await collections.setAside(COLLECTION, path, {});
    await collections.putBack(COLLECTION, path);
    await trash.keepSwept(COLLECTION, [path]);
    t.is((await driver.stat(path))?.size, BLOB.byteLength);
    t.is((await trash.sizeSwept({ signal: new AbortController().signal })).items, 0);
  },
);
