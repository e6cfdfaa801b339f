import { until } from '../../helpers/running/until.ts';
import { Random } from '../simulation/random.ts';
import { startCluster } from './harness/cluster.ts';
import { clusterTests, seedOf } from './harness/cluster-test.ts';
import { CarefulClient } from './workload/careful-client.ts';
import { restartEach } from './workload/chaos.ts';
import { pushImage } from './workload/image.ts';
import { Ledger } from './workload/ledger.ts';
import { lostOf } from './workload/verify.ts';

const test = clusterTests({ haproxy: 'haproxy' });

test('behind HAProxy pushes succeed while instances are restarted and one is killed', async (t) => {
  const cluster = await startCluster(t, { balancer: 'haproxy', http: { draindelay: '3s' } });
  const ledger = new Ledger();
  const random = new Random(seedOf(t));
  let isOver = false;
  const push = async (lane: number): Promise<void> => {
    const client = new CarefulClient(cluster.balancer, { ledger, random: new Random(random.below(2 ** 31)) });
    for (let number = 0; !isOver; number += 1) {
      await pushImage(client, { repository: `lane-${lane}`, tag: `v${number}`, layerSizes: [1000, 100_000] });
    }
  };
  const pushing = Promise.all([push(0), push(1)]);
  try {
    await restartEach(cluster);
    t.is(ledger.retries.size, 0, ledger.summary);
    await cluster.instances[0]?.kill();
    const before = ledger.manifests.length;
    await until('pushes go on', () => ledger.manifests.length > before + 10);
  } finally {
    isOver = true;
    await pushing;
  }
  t.log(ledger.summary);
  t.deepEqual(await lostOf(ledger, cluster.balancer), []);
});
