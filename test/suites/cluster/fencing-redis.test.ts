import { clusterTests, numberArgument } from './harness/cluster-test.ts';
import { contestChunks } from './workload/contest.ts';
import { sleepInside } from './workload/sleeping-writer.ts';

const ROUNDS = numberArgument('rounds', 60);

const test = clusterTests({ nginx: 'nginx-light', 'redis-server': 'redis-server' });

test(`of two chunks with the same token on two instances one is accepted, ${ROUNDS} times, with Redis`, (t) =>
  contestChunks(t, { hasRedis: true }, ROUNDS));

test('an instance that sleeps inside a PATCH until its lock has expired in Redis changes nothing', (t) =>
  sleepInside(t, { hasRedis: true }, { method: 'PATCH', awakening: 'after the end' }));
