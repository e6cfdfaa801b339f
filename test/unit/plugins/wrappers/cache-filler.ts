// Fills a cache from a backend that stops in the middle of a blob, and says so. Run: node cache-filler.js <folder> <size>

import { Readable } from 'node:stream';
import { guardDriver } from '../../../../core/driver/index.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import cache from '../../../../plugins/wrappers/cache/index.ts';
import { chunked } from '../../../../testing/driver-case.ts';
import { stubDriver } from '../../../helpers/drivers/stub-driver.ts';
import { blobOf } from './cache-rig.ts';
import { wrap } from './wrap.ts';

const [folder = '', size = ''] = process.argv.slice(2);
const blob = blobOf(Number(size));
const memory = new MemoryDriver();
await memory.write(blob.path, blob.bytes);
const backend = guardDriver(
  stubDriver({ stat: (path) => memory.stat(path), read: async () => Readable.from(stalling(), { objectMode: false }) }),
);
const driver = await wrap(backend, { definition: cache, options: { folder } });
let received = 0;
for await (const chunk of (await driver.read(blob.path)) as AsyncIterable<Buffer>) {
  received += chunk.byteLength;
  process.stdout.write(`${received}\n`);
}

async function* stalling(): AsyncGenerator<Uint8Array, void, undefined> {
  yield* chunked(blob.bytes.subarray(0, blob.bytes.byteLength - 1));
  // Alive, but silent.
  await new Promise((resolve) => setTimeout(resolve, 2 ** 30));
}
