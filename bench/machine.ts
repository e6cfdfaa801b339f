import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const DIGEST_BYTES = 512 * 1024 * 1024;
const PIECE_BYTES = 64 * 1024;
const WRITE_BYTES = 512 * 1024;

/** Describes the machine of the benchmark, one property per line. */
export function describeMachine(): string[] {
  return [
    `Processor: ${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} cores`,
    `Memory: ${(totalmem() / 1024 ** 3).toFixed(0)} GiB`,
    `System: ${type()} ${release()}`,
    `Node: ${process.version}`,
  ];
}

/** The throughput of sha256 over 512 MiB in memory on one core, in MB/s. */
export function digestRate(): number {
  const piece = Buffer.alloc(PIECE_BYTES, 'stowage');
  const hash = createHash('sha256');
  const startedAt = performance.now();
  for (let done = 0; done < DIGEST_BYTES; done += PIECE_BYTES) hash.update(piece);
  hash.digest();
  return DIGEST_BYTES / 1e3 / (performance.now() - startedAt);
}

/** The throughput of writing and syncing a new file of 512 MiB in `folder`, in MB/s: no durable push is faster. */
export async function writeRate(folder: string): Promise<number> {
  await touchMemory(folder, DIGEST_BYTES);
  const file = join(folder, 'write-alone');
  const startedAt = performance.now();
  try {
    await writeFile(file, { bytes: DIGEST_BYTES, isSynced: true });
  } finally {
    await rm(file, { force: true });
  }
  return DIGEST_BYTES / 1e3 / (performance.now() - startedAt);
}

/** Waits until earlier writes are on the disk, so that no measurement pays for them. */
export async function settleDisk(): Promise<void> {
  await promisify(execFile)('sync');
}

/**
 * Ensures that the system has free memory for `bytes` of new files. A virtual machine returns unused memory to its
 * host, and getting it back takes longer than anything that a registry does with a blob.
 */
export async function touchMemory(folder: string, bytes: number): Promise<void> {
  const file = join(folder, 'touch-memory');
  await writeFile(file, { bytes: 1.5 * bytes, isSynced: false });
  await rm(file);
}

async function writeFile(file: string, { bytes, isSynced }: { bytes: number; isSynced: boolean }): Promise<void> {
  const piece = Buffer.alloc(WRITE_BYTES, 'stowage');
  const handle = await open(file, 'wx');
  try {
    for (let done = 0; done < bytes; done += WRITE_BYTES) await handle.write(piece);
    if (isSynced) await handle.datasync();
  } finally {
    await handle.close();
  }
}
