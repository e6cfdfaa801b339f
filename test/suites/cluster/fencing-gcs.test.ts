import type { ExecutionContext } from 'ava';
import { emulatorNeeds, newBucket } from '../gcs/emulator.ts';
import { keysOf, openBucket, UNIT_BYTES } from '../gcs/gcs-driver.ts';
import { startProxy } from '../gcs/proxy.ts';
import { clusterTests, numberArgument } from './harness/cluster-test.ts';
import { contestChunks } from './workload/contest.ts';
import { sleepInside } from './workload/sleeping-writer.ts';

const ROUNDS = numberArgument('rounds', 60);

const test = clusterTests({ nginx: 'nginx-light' }, emulatorNeeds);

/**
 * A bucket for a cluster. Requests of the instances pass through the proxy, which checks offsets as Cloud Storage does.
 */
async function newStorage(t: ExecutionContext) {
  const [bucket, proxy] = [await newBucket(), await startProxy(t)];
  return {
    proxy,
    storage: { gcs: { bucket, endpoint: proxy.url, chunksize: UNIT_BYTES } },
    /** The keys that uploads have left behind. */
    leftovers: async () => (await keysOf(openBucket(bucket, proxy.url))).filter((key) => key.includes('/_uploads/')),
  };
}

test(`of two chunks with the same token on two instances one is accepted, ${ROUNDS} times, on a bucket`, async (t) => {
  const { storage, leftovers } = await newStorage(t);
  await contestChunks(t, { storage }, ROUNDS);
  t.deepEqual(await leftovers(), []);
});

for (const method of ['PATCH', 'PUT'] as const) {
  for (const awakening of ['between chunks', 'after the end'] as const) {
    for (const begunBytes of [0, UNIT_BYTES + 50_000]) {
      test(`an instance that sleeps inside a ${method} after ${begunBytes} bytes and wakes ${awakening} of its upload on a bucket changes no blob`, async (t) => {
        const { proxy, storage, leftovers } = await newStorage(t);
        // The bytes of a resumable upload show nowhere else.
        const isSent = (bytes: Buffer): boolean => proxy.seen.some(({ body }) => body.includes(bytes));
        const beginsAgain = begunBytes === 0 && awakening === 'after the end';
        await sleepInside(t, { storage }, { method, awakening, begunBytes, beginsAgain, isSent });
        if (!beginsAgain || method === 'PUT') t.deepEqual(await leftovers(), []);
      });
    }
  }
}
