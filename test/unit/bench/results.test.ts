import test from 'ava';
import { BlobBytes } from '../../../bench/load/blob-bytes.ts';
import { percentile, resultOf } from '../../../bench/load/load-result.ts';
import { processTree, resetPeak, residentBytes, ticksIn, usageOf } from '../../../bench/process-usage.ts';
import { chart } from '../../../bench/report/chart.ts';
import { formatNumber, table } from '../../../bench/report/table.ts';
import { medianOf } from '../../../bench/rounds.ts';
import { startNode } from '../../helpers/processes/run-process.ts';

const SAMPLE = { p50Ms: 1, p99Ms: 1, cpuSeconds: 1, amount: 1, peakBytes: 1 };

test('a percentile is the value that the given share of all values does not exceed', (t) => {
  const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
  t.is(percentile(hundred, 0.5), 50);
  t.is(percentile(hundred, 0.99), 99);
  t.is(percentile([7], 0.99), 7);
  t.deepEqual(resultOf([3, 1, 2], { bytes: 5, seconds: 2 }), { count: 3, bytes: 5, seconds: 2, p50Ms: 2, p99Ms: 3 });
});

test('the median of rounds is a whole round', (t) => {
  const samples = [9, 1, 5].map((throughput) => ({ ...SAMPLE, throughput, p99Ms: throughput }));
  t.deepEqual(medianOf(samples), { ...SAMPLE, throughput: 5, p99Ms: 5 });
  t.is(medianOf([]), undefined);
});

test('processor time is found after a name with spaces and parentheses', (t) => {
  t.is(ticksIn('12 (a (b) c) S 1 1 1 0 -1 4194304 100 0 0 0 30 12 0 0 20 0 1 0 5 0 0'), 42);
});

test('the usage of this process is that of a running process', async (t) => {
  t.true((await processTree(process.pid)).includes(process.pid));
  await resetPeak(process.pid);
  const usage = await usageOf(process.pid);
  t.true(usage.cpuSeconds > 0);
  t.true(usage.residentBytes > 1024 ** 2);
  t.true(usage.peakBytes > 1024 ** 2);
  t.true((await residentBytes(process.pid)) > 1024 ** 2);
});

test('two processes of one program count the code that they share once', async (t) => {
  const inner = "process.stdout.write('here'); setInterval(() => undefined, 1000)";
  const outer = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(inner)}], { stdio: 'inherit' })`;
  const running = startNode(['-e', outer]);
  await running.said('here');
  const pids = await processTree(running.pid);
  t.teardown(() => {
    for (const pid of pids) process.kill(pid);
  });
  t.is(pids.length, 2);
  const { residentBytes: sum } = await usageOf(running.pid);
  t.true((await residentBytes(running.pid)) < 0.9 * sum);
});

test('blobs of two seeds differ, and a blob read in parts is the blob read whole', (t) => {
  const size = 2 * 1024 ** 2 + 5;
  const blob = new BlobBytes('a', size);
  t.not(blob.digest(), new BlobBytes('b', size).digest());
  const whole = Buffer.concat([...blob.read()]);
  t.is(whole.byteLength, size);
  const cut = 1024 ** 2 + 3;
  t.true(Buffer.concat([...blob.read(0, cut), ...blob.read(cut)]).equals(whole));
});

test('numbers keep three digits, tables line up, and the chart escapes what it is given', (t) => {
  t.deepEqual([0.123456, 12.34, 1234.5, undefined].map(formatNumber), ['0.123', '12.3', '1235', '']);
  t.is(table(['a', 'b'], [['long', '1']]), '| a    |   b |\n| ---- | --: |\n| long |   1 |');
  const svg = chart([{ title: 'GET <x>', ratios: [{ name: 'us & them', ratio: 12 }] }], 'rival');
  t.regex(svg, /GET &lt;x&gt;/);
  t.regex(svg, /us &amp; them/);
  t.regex(svg, />12×</);
});
