import test from 'ava';
import type { MetricFamily } from '../../../../server/metrics/metric-family.ts';
import { WorkerMetrics } from '../../../../server/workers/worker-metrics.ts';
import { parseExposition } from '../../../helpers/http/exposition.ts';

/** A worker that reports the result of its function, until it ends. */
function worker(metrics: () => Promise<readonly MetricFamily[] | undefined>) {
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  return { metrics, ended, end };
}

function counted(seen: number): MetricFamily[] {
  return [
    { name: 'seen_total', help: 'Seen', type: 'counter', series: [{ labels: {}, values: [seen] }] },
    { name: 'now', help: 'Now', type: 'gauge', series: [{ labels: {}, values: [seen] }] },
  ];
}

async function read(running: WorkerMetrics): Promise<readonly [seen: number, now: number]> {
  const metrics = parseExposition(await running.text());
  return [metrics.value('seen_total'), metrics.value('now')];
}

test('the last report of a worker still counts when it stops reporting, ends while it is asked, or hangs', async (t) => {
  const running = new WorkerMetrics();
  let answer: () => Promise<readonly MetricFamily[] | undefined> = async () => counted(5);
  const first = worker(() => answer());
  running.add(first);
  running.add(worker(async () => counted(1)));
  t.deepEqual(await read(running), [6, 6]);
  answer = async () => undefined;
  t.deepEqual(await read(running), [6, 6]);
  const asked = Promise.withResolvers<readonly MetricFamily[] | undefined>();
  answer = () => asked.promise;
  t.deepEqual(await read(running), [6, 6], 'after a while without an answer');
  const reading = read(running);
  first.end();
  await first.ended;
  asked.resolve(undefined);
  t.deepEqual(await reading, [6, 1]);
  t.deepEqual(await read(running), [6, 1]);
});

test('a worker without a report counts for nothing', async (t) => {
  const running = new WorkerMetrics();
  const silent = worker(async () => undefined);
  running.add(silent);
  t.deepEqual(await read(running), [0, 0]);
  silent.end();
  await silent.ended;
  t.deepEqual(await read(running), [0, 0]);
});

test('a worker that hangs is not asked again until it has answered, and then counts with its answer', async (t) => {
  const running = new WorkerMetrics();
  let asks = 0;
  const asked = Promise.withResolvers<readonly MetricFamily[]>();
  running.add(
    worker(() => {
      asks += 1;
      return asks === 1 ? asked.promise : Promise.resolve(counted(9));
    }),
  );
  t.deepEqual(await read(running), [0, 0]);
  t.is(asks, 1);
  const reading = read(running);
  asked.resolve(counted(8));
  t.deepEqual(await reading, [8, 8]);
  t.deepEqual(await read(running), [9, 9]);
  t.is(asks, 2);
});
