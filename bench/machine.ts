import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const DIGEST_BYTES = 512 * 1024 * 1024;
const PIECE_BYTES = 64 * 1024;
const WRITE_BYTES = 512 * 1024;

/** Where the benchmark ran, one fact a line. */
export function describeMachine(): string[] {
  return [
    `Processor: ${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} cores`,
    `Memory: ${(totalmem() / 1024 ** 3).toFixed(0)} GiB`,
    `System: ${type()} ${release()}`,
    `Node: ${process.version}`,
  ];
}

/** What computing sha256 of 512 MiB in memory reaches on one core, in MB/s. */
export function digestRate(): number {
  const piece = Buffer.alloc(PIECE_BYTES, 'stowage');
  const hash = createHash('sha256');
  const startedAt = performance.now();
  for (let done = 0; done < DIGEST_BYTES; done += PIECE_BYTES) hash.update(piece);
  hash.digest();
  return DIGEST_BYTES / 1e3 / (performance.now() - startedAt);
}

/** What writing 512 MiB to a new file in `folder` and syncing it reaches, in MB/s: no push that keeps its bytes is faster. */
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

/** Waits until the disk has what was written before, so that no measurement pays for it. */
export async function settleDisk(): Promise<void> {
  await promisify(execFile)('sync');
}

/**
 * Lets the system have memory at hand for `bytes` of new files. A virtual machine gives unused memory back to its host, and
 * getting it again takes longer than anything that a registry does with a blob.
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
