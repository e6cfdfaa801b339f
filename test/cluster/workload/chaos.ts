import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '../../simulation/random.ts';
import type { Cluster } from '../harness/cluster.ts';
import type { Instance } from '../harness/instance.ts';

/** Things that happen to a cluster. */
export type Trouble = 'kill' | 'kill primary' | 'rolling restart' | 'pause' | 'kill redis' | 'pause redis';

/** For how long something stays away, or how long nothing happens; the order is what the seed decides. */
const LEAST_MS = 500;
const RANGE_MS = 2500;

/** Lets one thing after the other happen to a cluster until told to stop; afterwards all of it runs again. */
export async function makeTrouble(
  cluster: Cluster,
  { random, signal, note }: { random: Random; signal: AbortSignal; note: (line: string) => void },
): Promise<void> {
  const troubles: Trouble[] = ['kill', 'kill', 'kill primary', 'rolling restart', 'pause'];
  if (cluster.redis !== undefined) troubles.push('kill redis', 'pause redis');
  const origin = performance.now();
  let left: Trouble[] = [];
  while (!signal.aborted) {
    // Each kind has its turn, in an order that the seed decides.
    if (left.length === 0) left = shuffled(troubles, random);
    const trouble = left.pop() ?? 'kill';
    const instance = random.pick(cluster.instances);
    note(`${((performance.now() - origin) / 1000).toFixed(1)} s: ${trouble}, ${instance.name}`);
    await cause(trouble, cluster, { instance, random, signal });
    await wait(random, signal);
  }
}

async function cause(
  trouble: Trouble,
  cluster: Cluster,
  { instance, random, signal }: { instance: Instance; random: Random; signal: AbortSignal },
): Promise<void> {
  switch (trouble) {
    case 'kill':
      await instance.kill();
      return await instance.start();
    case 'kill primary':
      await instance.killPrimary();
      return await instance.start();
    case 'rolling restart':
      return await restartEach(cluster);
    case 'pause':
      instance.pause();
      await wait(random, signal);
      return instance.resume();
    case 'kill redis':
      await cluster.redis?.kill();
      await wait(random, signal);
      return await cluster.redis?.start();
    case 'pause redis':
      cluster.redis?.pause();
      await wait(random, signal);
      return cluster.redis?.resume();
  }
}

/** Stops each instance as an upgrade does, and starts it again before the next one. */
export async function restartEach(cluster: Cluster): Promise<void> {
  for (const instance of cluster.instances) {
    const code = await instance.stop();
    if (code !== 0) throw new Error(`${instance.name} ended with ${code} after SIGTERM:\n${instance.output}`);
    await instance.start();
  }
}

function shuffled<Item>(items: readonly Item[], random: Random): Item[] {
  return items
    .map((item) => ({ item, at: random.next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

async function wait(random: Random, signal: AbortSignal): Promise<void> {
  await delay(LEAST_MS + random.below(RANGE_MS), undefined, { signal }).catch(() => undefined);
}
