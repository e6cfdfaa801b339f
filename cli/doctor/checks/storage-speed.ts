import { randomBytes } from 'node:crypto';
import type { StorageDriver, StoragePath } from '../../../core/driver/index.ts';
import { type DoctorCheck, type DoctorFinding, ok, warning } from '../check.ts';

/** Enough for a median, and over in a second where each call takes 50 ms. */
const ROUNDS = 7;
const SMALL_BYTES = 4096;
const LARGE_BYTES = 32 * 1024 * 1024;
const CHUNK_BYTES = 256 * 1024;
const SMALL = '/small' as StoragePath;
const LARGE = '/large' as StoragePath;

/** Slower than this, clients notice; in milliseconds. A push writes about ten small files, some of them one after the other. */
const SLOW_MS = { local: 50, remote: 500 };
/** Slower than this, the storage is slower than most networks, in bytes a second. */
const SLOW_RATE = 20e6;
const MB = 1e6;

/** A small fixed amount: 7 files of 4 KiB, and one of 32 MiB. */
export const storageSpeed: DoctorCheck = {
  name: 'storage-speed',
  proves:
    'small files are written, found and read without a delay that clients notice, and large ones at a useful rate',
  isAlone: true,
  limitMs: 60_000,
  run: async (examined) => {
    const { driver } = await examined.trial();
    return [await measureSmall(driver), ...(await measureLarge(driver))];
  },
};

async function measureSmall(driver: StorageDriver): Promise<DoctorFinding> {
  const content = randomBytes(SMALL_BYTES);
  const times = { write: [] as number[], stat: [] as number[], read: [] as number[] };
  for (let round = 0; round < ROUNDS; round += 1) {
    times.write.push(await timed(() => driver.write(SMALL, content)));
    times.stat.push(await timed(() => driver.stat(SMALL)));
    times.read.push(await timed(() => readWhole(driver, SMALL)));
  }
  const medians = Object.entries(times).map(([call, all]) => [call, median(all)] as const);
  const finding = `a small file takes ${medians.map(([call, ms]) => `${ms.toFixed(1)} ms to ${call}`).join(', ')} (medians)`;
  const isSlow = medians.some(([, ms]) => ms > SLOW_MS[driver.capabilities.locality]);
  if (!isSlow) return ok(finding);
  const far = 'run the registry close to the storage, or look for what else uses it';
  const near = 'the disk syncs slowly: use one with a safe cache for writes, or look for what else uses it';
  return warning(finding, driver.capabilities.locality === 'local' ? near : far);
}

async function measureLarge(driver: StorageDriver): Promise<readonly DoctorFinding[]> {
  const chunk = randomBytes(CHUNK_BYTES);
  const body = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    // The driver owns each chunk that it gets.
    for (let sent = 0; sent < LARGE_BYTES; sent += CHUNK_BYTES) yield Buffer.from(chunk);
  };
  const writeMs = await timed(async () => {
    await using writer = await driver.openWriter(LARGE, { append: false });
    await writer.append(body());
    await writer.commit();
  });
  const readMs = await timed(() => readWhole(driver, LARGE));
  return [rated('written', writeMs), rated('read', readMs)];
}

function rated(what: string, ms: number): DoctorFinding {
  const rate = (LARGE_BYTES / Math.max(ms, 0.001)) * 1000;
  const cached = what === 'read' ? ', possibly from a cache' : '';
  const finding = `a large file is ${what} at ${Math.round(rate / MB)} MB/s${cached}`;
  if (rate >= SLOW_RATE) return ok(finding);
  return warning(finding, 'look at the disk or the network in between: this limits every push and pull');
}

async function readWhole(driver: StorageDriver, path: StoragePath): Promise<void> {
  const stream = await driver.read(path);
  for await (const piece of stream as AsyncIterable<Uint8Array>) stream.recycle?.(piece);
}

async function timed(action: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await action();
  return performance.now() - startedAt;
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
}
