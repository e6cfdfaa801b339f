import test, { type ExecutionContext } from 'ava';
import { type Exposition, quietMetrics } from '../../../helpers/http/exposition.ts';
import { type RunningWorkers, WorkerConnection, withWorkers } from '../../../helpers/http/with-workers.ts';

const DEBUG = { debug: { addr: '127.0.0.1:0', prometheus: { enabled: true } } };
const REQUESTS = 'registry_http_requests_total';

/** Reads the metrics of a running registry, from any worker. */
async function reader(running: RunningWorkers): Promise<() => Promise<Exposition>> {
  const [, port = ''] = await running.logged(/"port":(\d+),"msg":"the debug server is listening"/);
  return () => quietMetrics({ address: `http://127.0.0.1:${port}` });
}

/** Sends so many requests to each of two workers. */
async function load(t: ExecutionContext, running: RunningWorkers, counts: readonly [number, number]): Promise<void> {
  const pair = await WorkerConnection.pair(t, running);
  for (const [index, connection] of pair.entries()) {
    for (let count = 0; count < (counts[index] ?? 0); count += 1) {
      t.is((await connection.ask('GET', '/v2/_catalog')).status, 200);
    }
  }
}

test('every worker reports the sum of all workers', async (t) => {
  const running = await withWorkers(t, DEBUG);
  const read = await reader(running);
  await load(t, running, [3, 4]);
  for (let count = 0; count < 4; count += 1) {
    const metrics = await read();
    t.is(metrics.value(REQUESTS, { handler: 'catalog' }), 7);
    t.is(metrics.value('registry_http_request_duration_seconds_count', { handler: 'catalog' }), 7);
    t.true(metrics.value('registry_storage_action_seconds_count', { action: 'List' }) >= 7);
    const startedAt = metrics.value('process_start_time_seconds');
    t.true(startedAt > Date.now() / 1000 - 3600 && startedAt <= Date.now() / 1000);
  }
});

test('no counter goes down when a worker is killed and replaced', async (t) => {
  const running = await withWorkers(t, DEBUG);
  const read = await reader(running);
  await load(t, running, [3, 4]);
  const before = await read();
  for (const round of [1, 2]) {
    process.kill((await running.workers())[0] ?? 0, 'SIGKILL');
    await running.logged(new RegExp(`(a worker exited[^]*){${round}}`));
    await running.logged(new RegExp(`("msg":"listening"[^]*){${2 + round}}`));
    const after = await read();
    for (const { name, labels, value } of before.samples) {
      if (/^registry_.*(?:_total|_count|_sum|_bucket)$/.test(name)) {
        t.true(after.value(name, labels) >= value, `${name} ${JSON.stringify(labels)}`);
      }
    }
    t.is(after.value(REQUESTS, { handler: 'catalog' }), 7);
    t.true(after.value('process_cpu_seconds_total') > before.value('process_cpu_seconds_total'));
  }
  await load(t, running, [2, 2]);
  t.is((await read()).value(REQUESTS, { handler: 'catalog' }), 11);
});
