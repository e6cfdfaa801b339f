import test from 'ava';
import { DriverError } from '../../../../../core/driver/index.ts';
import { FRAME_BYTES, MAX_FRAME_BYTES, plainSize, storedSize } from '../../../../../plugins/wrappers/encrypt/layout.ts';

test('the size of a stored file tells that of its content', (t) => {
  for (const frames of [0, 1, 2, 1000]) {
    for (const more of [0, 1, 17, FRAME_BYTES - 1]) {
      const size = frames * FRAME_BYTES + more;
      t.is(plainSize(storedSize(size)), size);
    }
  }
});

test('a size that no stored file has is damage', (t) => {
  const possible = new Set(Array.from({ length: 2000 }, (_, size) => storedSize(size)));
  for (let size = 0; size < 2000; size += 1) {
    if (possible.has(size)) t.notThrows(() => plainSize(size));
    else
      t.true(
        DriverError.is(
          t.throws(() => plainSize(size)),
          'damaged',
        ),
        String(size),
      );
  }
  t.throws(() => plainSize(storedSize(0) + MAX_FRAME_BYTES + 28));
});
