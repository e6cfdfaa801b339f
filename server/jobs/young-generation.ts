import { setFlagsFromString } from 'node:v8';

/**
 * Keeps V8's young generation as small as it is. Called by the composition root of commands that run jobs: their small
 * objects live for a moment, and V8 would let tens of megabytes of them pile up, each with a buffer outside of the heap.
 */
export function limitYoungGeneration(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}
