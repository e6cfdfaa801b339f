import { join } from 'node:path';
import { tempRoot } from '../../helpers/drivers/temp-root.ts';
import { withWorkers } from '../../helpers/http/with-workers.ts';
import { tooSoon } from '../../helpers/invariants/job-runs.ts';
import { RedisServer } from '../../helpers/processes/redis-server.ts';
import { testsWithRedis } from '../../helpers/processes/redis-test.ts';

const test = testsWithRedis('jobs of several instances');

const FOUR_RUNS = /([^]*"job":"upload-purge"[^\n]*"msg":"job completed"){4}/;

test('two instances of two workers purge once per interval together, and each survives the end of the other', async (t) => {
  const server = await RedisServer.start(t);
  const storage = {
    filesystem: { rootdirectory: join(await tempRoot(t), 'root') },
    maintenance: { uploadpurging: { age: '1ms', interval: '1s' } },
  };
  const differences = { storage, others: { redis: { addrs: [`127.0.0.1:${server.port}`] } } };
  const instances = [await withWorkers(t, {}, differences), await withWorkers(t, {}, differences)];
  await Promise.race(instances.map((running) => running.logged(FOUR_RUNS)));
  const logs = await Promise.all(instances.map(async (running) => (await running.logged(/[^]*/))[0]));
  t.deepEqual(tooSoon(logs), []);
  const [first, second] = instances;
  first?.signal('SIGTERM');
  await first?.finished;
  await second?.logged(FOUR_RUNS);
});
