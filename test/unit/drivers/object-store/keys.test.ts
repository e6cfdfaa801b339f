import test from 'ava';
import { ROOT_PATH } from '../../../../core/driver/index.ts';
import { KeyMapper } from '../../../../drivers/object-store/keys.ts';
import { at } from '../../../../testing/driver-case.ts';

const PATH = at('/docker/registry/v2/blobs');

test('keys are those of distribution: the root directory without slashes around it, then the path', (t) => {
  for (const [root, prefix] of [
    ['', ''],
    ['/', ''],
    ['registry', 'registry/'],
    ['/registry/', 'registry/'],
    ['//a/b//', 'a/b/'],
  ] as const) {
    const keys = new KeyMapper(root);
    t.is(keys.key(PATH), `${prefix}docker/registry/v2/blobs`);
    t.is(keys.folder(PATH), `${prefix}docker/registry/v2/blobs/`);
    t.is(keys.folder(ROOT_PATH), prefix);
  }
});
