import { emulatorNeeds, emulatorUrl, newBucket } from '../gcs/emulator.ts';
import { openGcs } from '../gcs/gcs-driver.ts';
import { clusterTests } from './harness/cluster-test.ts';
import { runChaos } from './workload/run-chaos.ts';

const test = clusterTests({ nginx: 'nginx-light' }, emulatorNeeds);

test('three instances on one bucket lose nothing while they are killed, restarted and paused', async (t) => {
  const [bucket, endpoint] = [await newBucket(), await emulatorUrl()];
  await runChaos(t, {
    seconds: 30,
    storage: { gcs: { bucket, endpoint, chunksize: 262144 } },
    open: () => openGcs(bucket, endpoint),
  });
});
