import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** How many bytes of bodies may pass between two collections. */
const BYTES_BETWEEN_COLLECTIONS = 4 * 1024 * 1024;

type Collect = (options: { type: 'minor' | 'major'; flavor?: 'last-resort' }) => void;

/**
 * Sets how the heap of this process grows. Called by the composition root of a serving process; further calls have no effect.
 *
 * V8 counts the buffers of bodies when it decides whether to collect everything. After an idle time it leaves the heap so
 * little room that every few megabytes of a body would cause a full collection; so the heap may always double.
 */
export function tuneHeap(): void {
  setFlagsFromString('--heap-growing-percent=100');
}

let exposed: Collect | undefined;

/** V8's collector, which a process has from its first use on. */
function collector(): Collect {
  if (exposed === undefined) {
    setFlagsFromString('--expose-gc');
    exposed = runInNewContext('gc') as Collect;
  }
  return exposed;
}

let passed = 0;

/**
 * Notes that a buffer of a request's body has been used up. Node makes a new buffer of 64 KiB for each read of a
 * socket, and V8, which sees only the few bytes of its handle, would let hundreds of megabytes of them pile up: a
 * collection of the young generation, well under a millisecond, frees the memory while it is still in the processor's
 * cache.
 */
export function bufferPassed(bytes: number): void {
  passed += bytes;
  if (passed < BYTES_BETWEEN_COLLECTIONS) return;
  passed = 0;
  collector()({ type: 'minor' });
}

/**
 * Collects everything, which takes some tens of milliseconds, and returns free memory to the system. Memory that was held
 * for long is in the old generation, which V8 collects when it needs more: in an idle registry never. And the C library
 * keeps freed memory that lies below memory in use.
 */
export async function collectOldMemory(): Promise<void> {
  collector()({ type: 'major' });
  await trimHeap();
}

/** The same for an idle process: takes twice as long, and also returns what V8 keeps for the next busy time. */
export async function collectAllMemory(): Promise<void> {
  collector()({ type: 'major', flavor: 'last-resort' });
  await trimHeap();
}

async function trimHeap(): Promise<void> {
  const trim = await (trimming ??= loadTrim());
  trim(0);
}

let trimming: Promise<(bytes: number) => unknown> | undefined;

/** `malloc_trim(3)` of glibc; other C libraries lack it, and may not need it. */
async function loadTrim(): Promise<(bytes: number) => unknown> {
  try {
    const { load } = (await import('koffi')).default;
    return load(null).func('int malloc_trim(size_t)') as (bytes: number) => unknown;
  } catch {
    return () => undefined;
  }
}
