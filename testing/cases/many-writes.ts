import assert from 'node:assert/strict';
import type { DriverWriter, StorageDriver } from '../../core/driver/index.ts';
import { assertBytes, at, bodyOf, content, type DriverCase, readAll } from '../driver-case.ts';

/** More than 64, a usual limit of tables and pools. */
const WRITES = 70;
/** How many of them run at the same time. */
const PARALLEL = 14;
const PART_BYTES = 1000;

const common = { group: 'streams', proves: 'independentWrites' } as const;

/** Calls `action` for the numbers below {@link WRITES}, some at the same time. */
async function each(action: (index: number) => Promise<void>): Promise<void> {
  const indexes = Array.from({ length: WRITES }, (_, index) => index).values();
  const work = async (): Promise<void> => {
    for (const index of indexes) await action(index);
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
}

/** Writes some bytes and closes the writer, so that the bytes are kept for a later one. */
async function begin(driver: StorageDriver, path: string, bytes: Buffer): Promise<void> {
  await using writer = await driver.openWriter(at(path), { append: false });
  await writer.append(bodyOf(bytes));
}

/** Resumes a write, which must have kept all of `bytes`, and commits it. */
async function finish(driver: StorageDriver, path: string, bytes: Buffer): Promise<void> {
  await using writer = await driver.openWriter(at(path), { append: true });
  assert.equal(writer.size, bytes.byteLength, `${path}: ${writer.size} of ${bytes.byteLength} bytes were kept`);
  await writer.append(bodyOf(Buffer.from('end')));
  await writer.commit();
  assertBytes(await readAll(driver, path), bytes, Buffer.from('end'));
}

/** The ways in which a write, or its path, can end. */
const ENDS: Readonly<Record<string, (driver: StorageDriver, path: string) => Promise<void>>> = {
  commit: (driver, path) => resumed(driver, path, (writer) => writer.commit()),
  cancel: (driver, path) => resumed(driver, path, (writer) => writer.cancel()),
  delete: (driver, path) => driver.delete(at(path)),
  write: (driver, path) => driver.write(at(path), content(5)),
  move: async (driver, path) => {
    await resumed(driver, path, (writer) => writer.commit());
    await driver.move(at(path), at(`${path}-moved`));
  },
};

async function resumed(driver: StorageDriver, path: string, end: (writer: DriverWriter) => Promise<void>) {
  await using writer = await driver.openWriter(at(path), { append: true });
  await end(writer);
}

export const manyWritesCases: readonly DriverCase[] = [
  {
    ...common,
    title: 'seventy writers are open at the same time, and each keeps its bytes until it commits',
    run: async ({ driver }) => {
      const writers: DriverWriter[] = [];
      const path = (index: number): string => `/uploads/${index}/data`;
      await each(async (index) => {
        const writer = await driver.openWriter(at(path(index)), { append: false });
        writers[index] = writer;
        await writer.append(bodyOf(content(PART_BYTES, index)));
      });
      await each(async (index) => {
        await writers[index]?.append(bodyOf(content(PART_BYTES, -index)));
        await writers[index]?.commit();
        await writers[index]?.[Symbol.asyncDispose]();
      });
      await each(async (index) => {
        assertBytes(await readAll(driver, path(index)), content(PART_BYTES, index), content(PART_BYTES, -index));
      });
    },
  },
  {
    ...common,
    title: 'seventy writes are kept at the same time, and each is resumed with all of its bytes',
    run: async ({ driver }) => {
      await each((index) => begin(driver, `/uploads/${index}/data`, content(PART_BYTES + index, index)));
      await each((index) => finish(driver, `/uploads/${index}/data`, content(PART_BYTES + index, index)));
    },
  },
  {
    ...common,
    title: 'however a write ends, those whose paths begin with the same characters are kept',
    run: async ({ driver }) => {
      for (const [name, end] of Object.entries(ENDS)) {
        for (const ended of ['/uploads/10', '/uploads/1']) {
          const all = ['/uploads/1', '/uploads/10', '/uploads/100', '/uploads/10-b/data'];
          const others = all.filter((path) => path !== ended);
          for (const [seed, path] of others.entries()) await begin(driver, path, content(PART_BYTES, seed));
          await begin(driver, ended, content(PART_BYTES, 9));
          await end(driver, ended);
          for (const path of others) {
            await using writer = await driver.openWriter(at(path), { append: true }).catch((error: unknown) => {
              assert.fail(`after ${name} of ${ended}, the write of ${path} cannot be resumed: ${String(error)}`);
            });
            assert.equal(writer.size, PART_BYTES, `the bytes of ${path} after ${name} of ${ended}`);
          }
          await driver.delete(at('/uploads'));
        }
      }
    },
  },
];
