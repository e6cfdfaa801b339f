import { setTimeout as delay } from 'node:timers/promises';
import { Random } from '../simulation/random.ts';
import { startCluster } from './harness/cluster.ts';
import { clusterTests, numberArgument, seedOf } from './harness/cluster-test.ts';
import { History } from './linearizability/history.ts';
import { describeViolation, violationIn } from './linearizability/violation.ts';
import { CarefulClient } from './workload/careful-client.ts';
import { type HotTags, useHotTags } from './workload/hot-tags.ts';
import { pushConfig } from './workload/image.ts';
import { Ledger } from './workload/ledger.ts';

const SECONDS = numberArgument('seconds', 15);
const CLIENTS = 8;
const MINUTE_MS = 60_000;

const test = clusterTests({ nginx: 'nginx-light' });

test('tags that many clients set, read and delete through three instances are linearizable', async (t) => {
  const random = new Random(seedOf(t));
  const cluster = await startCluster(t, { clockShiftsMs: [0, 9 * MINUTE_MS, -9 * MINUTE_MS] });
  const ledger = new Ledger();
  const hot: HotTags = {
    target: cluster.balancer,
    repository: 'hot',
    tags: ['a', 'b'],
    history: new History(),
    maxPauseMs: 4,
  };
  let isOver = false;
  const newClient = (): CarefulClient =>
    new CarefulClient(cluster.balancer, { ledger, random: new Random(random.below(2 ** 31)) });
  await pushConfig(newClient(), hot.repository);
  const users = Array.from({ length: CLIENTS }, (_, index) =>
    useHotTags(hot, { client: newClient(), by: `user-${index}`, isOver: () => isOver }),
  );
  await Promise.race([delay(SECONDS * 1000, undefined, { ref: false }), ...users]).finally(() => {
    isOver = true;
  });
  await Promise.all(users);
  t.is(ledger.retries.size, 0, ledger.summary);
  for (const tag of hot.tags) {
    const operations = hot.history.of(tag);
    t.log(`${tag}: ${operations.length} operations`);
    t.true(operations.length > 100);
    t.deepEqual(describeViolation(violationIn(operations)), [], `tag ${tag}`);
  }
});
