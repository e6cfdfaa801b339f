import { FilesystemDriver } from '../../../drivers/filesystem/filesystem-driver.ts';
import { clusterTests } from './harness/cluster-test.ts';
import { runChaos } from './workload/run-chaos.ts';

const test = clusterTests({ nginx: 'nginx-light' });

test('three instances on one folder lose nothing while they are killed, restarted and paused', (t) =>
  runChaos(t, {
    seconds: 45,
    open: ({ root }) => FilesystemDriver.open({ rootFolder: root, maxCalls: 100, warn: (text) => t.log(text) }),
  }));
