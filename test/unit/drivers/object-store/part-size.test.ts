import test from 'ava';
import { leastPart, partSize } from '../../../../drivers/object-store/part-size.ts';

const MIB = 1024 * 1024;
const S3 = { partBytes: 10 * MIB, minBytes: 5 * MIB, unitBytes: 1, maxBytes: 5 * 1024 * MIB, maxParts: 10_000 };

/** How many bytes an upload can have. */
function reachOf(rules: typeof S3): number {
  let offset = 0;
  for (let part = 0; part < rules.maxParts; part += 1) offset += partSize(rules, offset);
  return offset;
}

test('parts grow with the offset, so that 10 000 of them hold more than 100 GiB, with at most 24 MiB each', (t) => {
  t.is(partSize(S3, 0), 10 * MIB);
  t.is(partSize(S3, 13_000 * MIB), 10 * MIB);
  t.is(partSize(S3, 28_000 * MIB), 20 * MIB);
  t.is(partSize(S3, 500_000 * MIB), 24 * MIB);
  t.true(reachOf(S3) > 200 * 1024 * MIB, `${reachOf(S3) / 1024 / MIB} GiB`);
});

test('parts stay as large as they begin where their number does not matter, or where they must be equal', (t) => {
  t.is(partSize({ ...S3, maxParts: Infinity }, 500_000 * MIB), 10 * MIB);
  const equal = { ...S3, minBytes: 10 * MIB, unitBytes: 10 * MIB, maxBytes: 10 * MIB };
  t.is(partSize(equal, 500_000 * MIB), 10 * MIB);
});

test('larger parts are whole units, and parts that are configured to be larger stay so', (t) => {
  t.is(partSize({ ...S3, unitBytes: 256 * 1024 }, 14_001 * MIB) % (256 * 1024), 0);
  t.is(partSize({ ...S3, partBytes: 64 * MIB }, 0), 64 * MIB);
});

test('where memory is scarce, parts begin as small as the service allows, and a quarter at least', (t) => {
  t.is(partSize(S3, 0, true), 5 * MIB);
  t.is(partSize(S3, 14_000 * MIB, true), 10 * MIB);
  t.is(partSize({ ...S3, partBytes: 64 * MIB }, 0, true), 16 * MIB);
  const equal = { ...S3, minBytes: 10 * MIB, unitBytes: 10 * MIB, maxBytes: 10 * MIB };
  t.is(partSize(equal, 0, true), 10 * MIB);
});

test('requests of 5 MiB end in parts that grow, so that 10 000 of them hold more than 190 GiB as well', (t) => {
  t.is(leastPart(S3, 0), 5 * MIB);
  let offset = 0;
  let part = 0;
  for (let waiting = 0; part < S3.maxParts; ) {
    waiting += 5 * MIB;
    if (waiting < leastPart(S3, offset)) continue;
    offset += waiting;
    part += 1;
    waiting = 0;
  }
  t.true(offset > 190 * 1024 * MIB, `${offset / 1024 / MIB} GiB`);
  t.is(leastPart({ ...S3, maxParts: Infinity }, 500_000 * MIB), 5 * MIB);
});
