import assert from 'node:assert/strict';
import fc from 'fast-check';
import { DriverError, parseStoragePath, type StorageDriver, type StoragePath } from '../../../core/driver/index.ts';
import { DriverFileReader } from '../../../core/storage/driver-file-reader.ts';
import type { Whence } from '../../../core/storage/file-reader.ts';
import { MemoryDriver } from '../../../drivers/memory/memory-driver.ts';
import { openFilesystem } from '../../helpers/drivers/each-driver.ts';
import { holds } from './property.ts';
import { textOf } from './texts.ts';

const DRIVERS = [
  { name: 'inmemory', open: async () => new MemoryDriver(), runs: 150 },
  { name: 'filesystem', open: openFilesystem, runs: 40 },
] as const;

type Step = { readonly read: number } | { readonly seek: number; readonly whence: Whence };
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ read: fc.oneof(fc.nat({ max: 50 }), fc.nat({ max: 200_000 })) }),
  fc.record({
    seek: fc.oneof(fc.integer({ min: -60, max: 60 }), fc.integer({ min: -200_000, max: 200_000 })),
    whence: fc.constantFrom<Whence[]>('start', 'current', 'end'),
  }),
);

/** Does one step with a reader and with the buffer that the file was made of; gives the new offset. */
async function stepWith(reader: DriverFileReader, content: Buffer, offset: number, each: Step): Promise<number> {
  if ('read' in each) {
    const target = Buffer.alloc(each.read);
    const count = await reader.read(target);
    const expected = content.subarray(Math.min(offset, content.length), offset + each.read);
    assert.deepEqual(target.subarray(0, count), expected);
    return offset + count;
  }
  const wanted = { start: 0, current: offset, end: content.length }[each.whence] + each.seek;
  if (wanted >= 0) {
    assert.equal(await reader.seek(each.seek, each.whence), wanted);
    return wanted;
  }
  await assert.rejects(reader.seek(each.seek, each.whence), (error) => DriverError.is(error, 'invalid-offset'));
  return offset;
}

/** Bytes that show their offset. */
function patterned(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let at = 0; at < size; at += 1) bytes[at] = (at * 31 + (at >> 8) * 7) & 0xff;
  return bytes;
}

async function fill(driver: StorageDriver, folder: StoragePath, names: ReadonlyMap<string, boolean>): Promise<void> {
  for (const [name, isFolder] of names) {
    await driver.write(parseStoragePath(`${folder}/${name}${isFolder ? '/below' : ''}`), Buffer.from('x'));
  }
}

const child = textOf('aAbZ019._-', { min: 1, max: 5 }).filter((name) => name !== '.' && name !== '..');
const after = fc.oneof(child, textOf('aZ0._-~ /é', { max: 3 }), fc.constant(undefined));
const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

for (const { name, open, runs } of DRIVERS) {
  holds(`a reader gives the bytes of the file at every offset, in reads of any size [${name}]`, runs, async (t) => {
    const driver = await open(t);
    const path = parseStoragePath('/file');
    return fc.asyncProperty(
      fc.oneof(fc.nat({ max: 60 }), fc.nat({ max: 200_000 })),
      fc.array(step, { maxLength: 12 }),
      async (size, steps) => {
        const content = patterned(size);
        await driver.write(path, content);
        await using reader = await DriverFileReader.open(driver, path);
        assert.equal(reader.size, size);
        let offset = 0;
        for (const each of steps) {
          offset = await stepWith(reader, content, offset, each);
          assert.equal(reader.offset, offset);
        }
      },
    );
  });

  holds(`a list equals the part of a sorted array after any text [${name}]`, runs, async (t) => {
    const driver = await open(t);
    let runsBefore = 0;
    return fc.asyncProperty(
      fc.array(fc.tuple(child, fc.boolean()), { minLength: 1, maxLength: 12 }),
      fc.array(after, { minLength: 1, maxLength: 4 }),
      async (children, starts) => {
        runsBefore += 1;
        const folder = parseStoragePath(`/folder-${runsBefore}`);
        const names = new Map(children);
        await fill(driver, folder, names);
        for (const start of starts) {
          const found: [string, boolean][] = [];
          for await (const entry of driver.list(folder, { after: start })) found.push([entry.name, entry.isFolder]);
          const expected = [...names].filter(([each]) => start === undefined || byBytes(each, start) > 0);
          assert.deepEqual(
            found,
            expected.sort(([a], [b]) => byBytes(a, b)),
          );
        }
      },
    );
  });
}
