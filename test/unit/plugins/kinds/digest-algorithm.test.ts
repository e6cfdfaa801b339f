import test from 'ava';
import type { DigestAlgorithm } from '../../../../core/digest/digest-algorithm.ts';
import { nodeHashes } from '../../../../core/digest/node-hash.ts';
import { digestAlgorithm } from '../../../../plugins/kinds/digest-algorithm.ts';

const RIGHT: DigestAlgorithm = { name: 'sha384', hexLength: 96, ...nodeHashes('sha384') };

test('an algorithm that keeps the contract has no problems', (t) => {
  t.deepEqual(digestAlgorithm.problems(RIGHT), []);
  const resumable = { prepare: async () => undefined, start: () => RIGHT.createHash() };
  t.deepEqual(digestAlgorithm.problems({ ...RIGHT, resumable }), []);
});

let asked = 0;
const WRONG: Readonly<Record<string, readonly [object, RegExp]>> = {
  'an invalid name': [{ name: 'SHA384' }, /has the name "SHA384"/],
  'the name of a built-in one': [{ name: 'sha256' }, /"sha256" is built in/],
  'the name of a tarsum': [{ name: 'tarsum.v1+sha256' }, /is built in/],
  'an odd length': [{ hexLength: 95 }, /expected an even number/],
  'the length of another one': [{ hexLength: 64 }, /expected 64 lower-case hex digits/],
  'hashes without digest': [{ createHash: () => ({ update: () => undefined }) }, /hash lacks digest/],
  'digests in upper case': [{ createHash: () => hashOf(() => 'A'.repeat(96)) }, /lower-case hex/],
  'digests as bytes': [{ createHash: () => hashOf(() => Buffer.alloc(48)) }, /lower-case hex/],
  'hashes that end with a digest': [
    { createHash: () => hashOf(() => String((asked += 1)).padStart(96, '0')) },
    /another digest the second time/,
  ],
  'an incomplete way to resume': [{ resumable: { start: () => undefined } }, /resumable lacks prepare/],
};

function hashOf(digest: () => unknown): object {
  return { update: () => undefined, digest };
}

for (const [what, [change, problem]] of Object.entries(WRONG)) {
  test(`an algorithm with ${what} is refused before it names anything`, (t) => {
    const [first] = digestAlgorithm.problems({ ...RIGHT, ...change });
    t.regex(first ?? '', problem);
  });
}
