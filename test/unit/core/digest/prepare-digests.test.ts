import { createHash, randomBytes } from 'node:crypto';
import test from 'ava';
import { prepareDigests } from '../../../../core/digest/digest.ts';
import type { HashImplementation } from '../../../../core/digest/digest-algorithm.ts';
import { Digester } from '../../../../core/digest/digester.ts';

const BYTES = randomBytes(1000);
const SWITCHES: readonly (readonly [HashImplementation, HashImplementation])[] = [
  ['wasm', 'wasm'],
  ['fastest', 'wasm'],
  ['wasm', 'fastest'],
];

for (const algorithm of ['sha256', 'sha512']) {
  for (const [before, after] of SWITCHES) {
    test.serial(
      `a digest by ${algorithm} that is saved with ${before} hashes is resumed with ${after} hashes`,
      async (t) => {
        await prepareDigests(before);
        const begun = new Digester(algorithm).update(BYTES.subarray(0, 333));
        const state = begun.save();
        await prepareDigests(after);
        const resumed = new Digester(algorithm, { state }).update(BYTES.subarray(333));
        t.is(resumed.size, BYTES.byteLength);
        t.is(String(resumed.digest()), `${algorithm}:${createHash(algorithm).update(BYTES).digest('hex')}`);
        // The other implementation does not disturb a hash in progress.
        t.is(begun.update(BYTES.subarray(333)).digest(), resumed.digest());
      },
    );
  }
}
