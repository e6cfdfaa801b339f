import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** How many bytes of bodies may pass between two collections. */
const BYTES_BETWEEN_COLLECTIONS = 4 * 1024 * 1024;

type Collect = (options: { type: 'minor' | 'major'; flavor?: 'last-resort' }) => void;

setFlagsFromString('--expose-gc');
// V8 counts these buffers when it decides whether to collect everything. After an idle time it leaves the heap so little
// room that each few megabytes of a body would do; so the heap may always double.
setFlagsFromString('--heap-growing-percent=100');
const collect = runInNewContext('gc') as Collect;

let passed = 0;

/**
 * Notes that a buffer of a request's body has been used up. Node makes a new buffer of 64 KiB for each read of a
 * socket, and V8, which sees only the few bytes of its handle, would let hundreds of megabytes of them pile up: a
 * collection of the young generation, well under a millisecond, gives the memory back while it is still in the
 * processor's cache.
 */
export function bufferPassed(bytes: number): void {
  passed += bytes;
  if (passed < BYTES_BETWEEN_COLLECTIONS) return;
  passed = 0;
  collect({ type: 'minor' });
}

/**
 * Collects everything, which takes some tens of milliseconds, and gives what is free back to the system. Memory that was
 * held for long is old, and V8 would look at it when it needs more: in a registry that has nothing to do, never. And the
 * C library keeps freed memory below any that is in use.
 */
export async function collectOldMemory(): Promise<void> {
  collect({ type: 'major' });
  await trimHeap();
}

/** The same for a process that has nothing to do: takes twice as long, and also gives back what V8 keeps for the next busy time. */
export async function collectAllMemory(): Promise<void> {
  collect({ type: 'major', flavor: 'last-resort' });
  await trimHeap();
}

async function trimHeap(): Promise<void> {
  const trim = await (trimming ??= loadTrim());
  trim(0);
}

let trimming: Promise<(bytes: number) => unknown> | undefined;

/** `malloc_trim(3)` of glibc; other libraries have none, and may need none. */
async function loadTrim(): Promise<(bytes: number) => unknown> {
  try {
    const { load } = (await import('koffi')).default;
    return load(null).func('int malloc_trim(size_t)') as (bytes: number) => unknown;
  } catch {
    return () => undefined;
  }
}
