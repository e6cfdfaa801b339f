import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { at, type DriverCase, MIB } from '../driver-case.ts';

/** How much of a body a driver may hold in memory. */
const MAX_HELD_BYTES = 48 * MIB;
/**
 * After how many bytes the memory is measured. The driver fails if it holds too much each time, and more each time: other cases
 * may run in this process as well, but their memory does not grow with this body.
 */
const LOOKS = [64 * MIB, 96 * MIB, 128 * MIB] as const;
/** All garbage is gone when the memory has not fallen for so many collections in a row. */
const QUIET_COLLECTIONS = 3;

/** Bytes in use once repeated collections free no more: a buffer outlives the collection that finds it unused. */
function usedBytes(): number {
  let least = Infinity;
  for (let quiet = 0; quiet < QUIET_COLLECTIONS; ) {
    collectGarbage();
    const { heapUsed, external } = process.memoryUsage();
    quiet = heapUsed + external < least - MIB ? 0 : quiet + 1;
    least = Math.min(least, heapUsed + external);
  }
  return least;
}

/** Node offers `gc` only on request. Requested in a new context, it stays invisible to all other code. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  setFlagsFromString('--no-expose-gc');
  collect();
}

export const backpressureCases: readonly DriverCase[] = [
  {
    title: 'an append asks for more only as fast as it stores what it has, so that memory does not grow with the body',
    group: 'streams',
    proves: 'backpressure',
    claim: 'persistent',
    run: async ({ driver }) => {
      // Garbage of other cases may need a turn before it can be collected.
      usedBytes();
      await nextTurn();
      const before = usedBytes();
      const held: number[] = [];
      // Its chunks are always ready: a driver that does not wait for its backend gets all of them before anything is stored.
      const body = (async function* () {
        for (let bytes = 0; bytes <= (LOOKS.at(-1) ?? 0); bytes += MIB) {
          if (LOOKS.some((look) => look === bytes)) {
            // Without a turn in between, in which the driver could store what it holds.
            const now = usedBytes() - before;
            if (now <= MAX_HELD_BYTES) return;
            held.push(now);
          }
          yield Buffer.alloc(MIB, bytes / MIB);
        }
      })();
      await using writer = await driver.openWriter(at('/upload/data'), { append: false });
      await writer.append(body);
      await writer.cancel();
      const isGrowing =
        held.length === LOOKS.length && held.every((now, look) => now > (held[look - 1] ?? 0) + 16 * MIB);
      const said = held
        .map((now, look) => `${Math.round(now / MIB)} MiB after ${(LOOKS[look] ?? 0) / MIB} MiB`)
        .join(', ');
      assert.ok(!isGrowing, `of a body that is always ready, the driver holds in memory: ${said}`);
    },
  },
];
