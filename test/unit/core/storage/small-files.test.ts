import { Readable } from 'node:stream';
import test from 'ava';
import { DriverError, type ReadStream } from '../../../../core/driver/index.ts';
import { readSmallFile } from '../../../../core/storage/small-files.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import { at, content } from '../../../../testing/driver-case.ts';

/** Streams of replaced content that the driver has freed, before those that can be read. */
class Freed extends MemoryDriver {
  reads = 0;
  readonly #failing: number;

  constructor(failing: number) {
    super();
    this.#failing = failing;
  }

  override async read(...given: Parameters<MemoryDriver['read']>): Promise<Readable & ReadStream> {
    this.reads += 1;
    if (this.reads > this.#failing) return super.read(...given);
    return new Readable({
      read() {
        this.destroy(new DriverError('conflict', { path: given[0] }));
      },
    });
  }
}

test('a small file is read again when it was replaced while it was read', async (t) => {
  const driver = new Freed(2);
  await driver.write(at('/link'), content(71));
  t.deepEqual(await readSmallFile(driver, at('/link'), { maxBytes: 100 }), content(71));
  t.is(driver.reads, 3);
});

test('a small file that is replaced in every read fails with the conflict', async (t) => {
  const driver = new Freed(Number.POSITIVE_INFINITY);
  await driver.write(at('/link'), content(71));
  const error = await t.throwsAsync(readSmallFile(driver, at('/link'), { maxBytes: 100 }));
  t.true(DriverError.is(error, 'conflict'));
  t.is(driver.reads, 3);
});
