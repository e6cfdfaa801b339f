import { clusterTests, numberArgument } from './harness/cluster-test.ts';
import { contestChunks } from './workload/contest.ts';
import { sleepInside } from './workload/sleeping-writer.ts';

const ROUNDS = numberArgument('rounds', 60);

const test = clusterTests({ nginx: 'nginx-light' });

test(`of two chunks with the same token on two instances one is accepted, ${ROUNDS} times, without Redis`, (t) =>
  contestChunks(t, {}, ROUNDS));

for (const method of ['PATCH', 'PUT'] as const) {
  for (const awakening of ['between chunks', 'after the end'] as const) {
    test(`an instance that sleeps inside a ${method} and wakes ${awakening} of its upload changes nothing`, (t) =>
      sleepInside(t, {}, { method, awakening }));
  }
}
