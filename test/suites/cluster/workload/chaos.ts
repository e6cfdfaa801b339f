import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '../../simulation/random.ts';
import type { Cluster } from '../harness/cluster.ts';
import type { Instance } from '../harness/instance.ts';

/** Faults that happen to a cluster. */
export type Trouble =
  | 'kill'
  | 'kill primary'
  | 'kill worker'
  | 'pause'
  | 'pause worker'
  | 'rolling restart'
  | 'kill redis'
  | 'pause redis';

/** For how long something stays away, or how long nothing happens. */
const MIN_MS = 300;
const RANGE_MS = 2200;

/** The cluster and the tools for its faults. */
export interface TroubleOptions {
  readonly random: Random;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Called for each fault, with the seconds since the start. */
  readonly note: (line: string) => void;
}

/**
 * Injects one fault after another into a cluster until aborted; afterwards all of it runs again.
 * @returns the number of faults
 */
export async function makeTrouble(cluster: Cluster, { random, signal, note }: TroubleOptions): Promise<number> {
  const troubles: Trouble[] = [
    'kill',
    'kill',
    'kill primary',
    'kill worker',
    'pause',
    'pause worker',
    'rolling restart',
  ];
  if (cluster.redis !== undefined) troubles.push('kill redis', 'pause redis');
  const origin = performance.now();
  const hospital = new Hospital(cluster);
  let left: Trouble[] = [];
  let count = 0;
  for (; !signal.aborted; count += 1) {
    // Each kind has its turn, in an order that the seed decides.
    if (left.length === 0) left = shuffled(troubles, random);
    const trouble = left.pop() ?? 'kill';
    const instance = await hospital.pickHealthy(random);
    note(`${((performance.now() - origin) / 1000).toFixed(1)} s: ${trouble}, ${instance.name}`);
    await cause(trouble, cluster, { instance, hospital, random, pause: () => wait(random, signal) });
    await wait(random, signal);
  }
  await hospital.allHealthy();
  return count;
}

/** Knows which instances are away. One is always left to serve. */
class Hospital {
  readonly #cluster: Cluster;
  readonly #away = new Map<Instance, Promise<void>>();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** Lets an instance come back while other faults happen. */
  admit(instance: Instance, comeBack: () => Promise<void>): void {
    const back = comeBack().then(() => void this.#away.delete(instance));
    // The next wait throws it.
    back.catch(() => undefined);
    this.#away.set(instance, back);
  }

  async pickHealthy(random: Random): Promise<Instance> {
    while (this.#away.size + 2 > this.#cluster.instances.length) await Promise.race(this.#away.values());
    return random.pick(this.#cluster.instances.filter((instance) => !this.#away.has(instance)));
  }

  async allHealthy(): Promise<void> {
    await Promise.all(this.#away.values());
  }
}

/** The target of a fault. */
interface Scene {
  readonly instance: Instance;
  readonly hospital: Hospital;
  readonly random: Random;
  readonly pause: () => Promise<void>;
}

async function cause(trouble: Trouble, cluster: Cluster, scene: Scene): Promise<void> {
  const { instance, hospital, pause } = scene;
  switch (trouble) {
    case 'kill':
      await instance.kill();
      return hospital.admit(instance, () => instance.start());
    case 'kill primary':
      await instance.killPrimary();
      return hospital.admit(instance, () => instance.start());
    case 'kill worker':
      return await signalWorker(scene, 'SIGKILL');
    case 'pause':
      instance.pause();
      return hospital.admit(instance, () =>
        pause()
          .then(pause)
          .then(() => instance.resume()),
      );
    case 'pause worker':
      await signalWorker(scene, 'SIGSTOP');
      return hospital.admit(instance, () =>
        pause()
          .then(pause)
          .then(() => instance.resume()),
      );
    case 'rolling restart':
      await hospital.allHealthy();
      return await restartEach(cluster);
    case 'kill redis':
      await cluster.redis?.kill();
      await pause();
      return await cluster.redis?.start();
    case 'pause redis':
      cluster.redis?.pause();
      await pause();
      return cluster.redis?.resume();
  }
}

async function signalWorker({ instance, random }: Scene, signal: NodeJS.Signals): Promise<void> {
  const workers = await instance.workers();
  if (workers.length > 0) process.kill(random.pick(workers), signal);
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
  await delay(MIN_MS + random.below(RANGE_MS), undefined, { signal }).catch(() => undefined);
}
