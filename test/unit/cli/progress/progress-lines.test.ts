import test from 'ava';
import { outcomeLine, runningLine, totalsLine } from '../../../../cli/progress/progress-lines.ts';
import { formatSeconds } from '../../../../cli/progress/quantities.ts';
import { RateMeter } from '../../../../cli/progress/rate-meter.ts';
import type { BlobState } from '../../../../cli/progress/transfer-state.ts';
import { parseDigest } from '../../../../core/digest/digest.ts';
import { formatBytes } from '../../../../core/model/units.ts';

const BLOB: BlobState = {
  digest: parseDigest(`sha256:${'0123456789abcdef'.repeat(4)}`),
  size: 27_100_000,
  bytes: 12_300_000,
  status: 'running',
  rate: 8_000_000,
};

test('bytes are written in powers of 1000', (t) => {
  for (const [bytes, text] of [
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [999_949, '999.9 kB'],
    [999_999, '1.0 MB'],
    [27_149_000, '27.1 MB'],
    [5_000_000_000_000_000_000, '5000.0 PB'],
  ] as const)
    t.is(formatBytes(bytes), text);
});

test('times are written with their two largest units', (t) => {
  for (const [seconds, text] of [
    [0.2, '1 s'],
    [59.5, '1 min'],
    [61, '1 min 1 s'],
    [3600, '1 h'],
    [7500, '2 h 5 min'],
  ] as const)
    t.is(formatSeconds(seconds), text);
});

test('a running blob has a bar, bytes, rate and time left', (t) => {
  t.is(
    runningLine(BLOB, 100),
    '0123456789ab  [=============>                ]   45 %  12.3 MB/27.1 MB  8.0 MB/s  2 s left',
  );
});

test('the line of a running blob is never wider than the terminal', (t) => {
  for (let columns = 1; columns < 120; columns += 1) {
    const line = runningLine({ ...BLOB, resumedAt: 5_000_000 }, columns);
    t.true(line.length <= columns, `${columns}: ${line}`);
  }
});

test('a terminal of 80 columns has room for rate and time left, also of large blobs and resumed ones', (t) => {
  const large = { ...BLOB, size: 1_258_291_200, bytes: 629_145_600, rate: 123_400_000 };
  for (const resumedAt of [undefined, 1_000_000])
    t.regex(runningLine({ ...large, resumedAt }, 79), /  123\.4 MB\/s  6 s left/);
});

test('in a narrow window whole parts are left out', (t) => {
  t.is(runningLine(BLOB, 50), '0123456789ab   45 %  12.3 MB/27.1 MB  8.0 MB/s');
  t.is(runningLine(BLOB, 45), '0123456789ab   45 %  12.3 MB/27.1 MB');
  const totals = { blobs: 11, done: 1, size: 500_000_000, bytes: 102_200_000, rate: 24_000_000, left: 16 };
  t.is(totalsLine(totals, 39), '20 %, 1/11 blobs, 16 s left, 24.0 MB/s');
  t.is(totalsLine(totals, 30), '20 %, 1/11 blobs, 16 s left');
  t.is(totalsLine(totals, 3), '20 ');
});

test('a blob without bytes is complete', (t) => {
  t.regex(runningLine({ ...BLOB, size: 0, bytes: 0, rate: undefined }, 80), /100 % {2}0 B\/0 B$/);
});

test('what became of a blob is said in its line', (t) => {
  t.is(outcomeLine({ ...BLOB, status: 'mounted' }), '0123456789ab  mounted  27.1 MB');
  t.is(outcomeLine({ ...BLOB, status: 'exists' }), '0123456789ab  exists  27.1 MB');
  t.is(
    outcomeLine({ ...BLOB, status: 'copied', resumedAt: 5_000_000 }),
    '0123456789ab  copied  27.1 MB, resumed at 5.0 MB',
  );
});

test('the totals leave out what is not known', (t) => {
  const totals = { blobs: 10, done: 3, size: 500_000_000, bytes: 120_100_000, rate: undefined, left: undefined };
  t.is(totalsLine(totals), '3 of 10 blobs, 120.1 MB of 500.0 MB (24 %)');
  t.is(
    totalsLine({ ...totals, rate: 24_000_000, left: 16 }),
    '3 of 10 blobs, 120.1 MB of 500.0 MB (24 %), 24.0 MB/s, 16 s left',
  );
});

test('a rate is that of the last five seconds, and forgets what was before', (t) => {
  const meter = new RateMeter();
  t.is(meter.rate(0), undefined);
  for (let second = 0; second <= 10; second += 1) meter.note(second * 1000, second * 1000);
  t.is(meter.rate(10_000), 1000);
  for (let second = 11; second <= 20; second += 1) meter.note(10_000 + (second - 10) * 5000, second * 1000);
  t.is(meter.rate(20_000), 5000);
});

test('a rate begins anew when something starts over', (t) => {
  const meter = new RateMeter();
  meter.note(0, 0);
  meter.note(5000, 1000);
  meter.note(0, 2000);
  meter.note(100, 3000);
  t.is(meter.rate(3000), 100);
});
