import { FilesystemDriver } from '../../../drivers/filesystem/filesystem-driver.ts';
import { clusterTests } from './harness/cluster-test.ts';
import { runChaos } from './workload/run-chaos.ts';

const test = clusterTests({ nginx: 'nginx-light', 'redis-server': 'redis-server' });

test('three instances that share a Redis lose nothing, also when it is killed and paused', (t) =>
  runChaos(t, {
    seconds: 45,
    hasRedis: true,
    open: ({ root }) => FilesystemDriver.open({ rootFolder: root, maxCalls: 100, warn: (text) => t.log(text) }),
  }));
