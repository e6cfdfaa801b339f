import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { at, type DriverCase, MIB } from '../driver-case.ts';

/** What a driver may hold in memory of a body. */
const MAX_HELD_BYTES = 48 * MIB;
/**
 * After how many bytes it is looked at what the driver holds. It has broken its promise when it holds too much each time,
 * and more each time: other cases run in this process, too, but what they need does not grow with this body.
 */
const LOOKS = [64 * MIB, 96 * MIB, 128 * MIB] as const;

/** Bytes in use after a complete collection of garbage. */
function usedBytes(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Node has it only on request; asked for in a new context, it is there for nobody else. */
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
      // What other cases have left is collected in two goes.
      usedBytes();
      await nextTurn();
      const before = usedBytes();
      const held: number[] = [];
      // Its chunks are always ready: a driver that never waits for its backend gets them all before anything is stored.
      const body = (async function* () {
        for (let bytes = 0; bytes <= (LOOKS.at(-1) ?? 0); bytes += MIB) {
          if (LOOKS.some((look) => look === bytes)) {
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
