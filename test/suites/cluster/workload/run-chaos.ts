import { setTimeout as delay } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import type { StorageDriver } from '../../../../core/driver/index.ts';
import { locationOf } from '../../../helpers/http/with-registry.ts';
import { brokenRules } from '../../../helpers/invariants/broken-rules.ts';
import { storedFiles } from '../../../helpers/invariants/stored-files.ts';
import { until } from '../../../helpers/running/until.ts';
import { Random } from '../../simulation/random.ts';
import { type Cluster, type ClusterOptions, startCluster } from '../harness/cluster.ts';
import { numberArgument, seedOf } from '../harness/cluster-test.ts';
import { History } from '../linearizability/history.ts';
import { describeViolation, violationIn } from '../linearizability/violation.ts';
import { CarefulClient } from './careful-client.ts';
import { makeTrouble } from './chaos.ts';
import { type Engine, startEngines } from './engines.ts';
import { pushForeignImages } from './foreign-pushes.ts';
import { type HotTags, readTag, useHotTags } from './hot-tags.ts';
import { pushConfig, pushImage } from './image.ts';
import { Ledger } from './ledger.ts';
import { openUploads } from './open-uploads.ts';
import { lostOf } from './verify.ts';

const PUSHERS = 3;
const TAG_USERS = 4;
const MAX_LAYER_BYTES = 300_000;
const MINUTE_MS = 60_000;
const MAX_SHIFT_MS = 7 * MINUTE_MS;
/** One clock is right, one ahead and one behind. */
const CLOCK_SHIFTS_MS = [0, MAX_SHIFT_MS, -4 * MINUTE_MS];
/** For an instance by whose clock all uploads are old. */
const PURGE_AT_ONCE = { uploadpurging: { enabled: true, age: '1s', interval: '1s' } };

/** A cluster with faults. */
export interface ChaosOptions extends ClusterOptions {
  /** How long the faults last; `-- --seconds=` overrides it. */
  readonly seconds: number;
  /** Opens the storage to look at it when all instances have stopped. */
  readonly open: (cluster: Cluster) => Promise<StorageDriver>;
}

/**
 * Pushes, pulls and sets tags in many ways while one fault follows another; then everything acknowledged must exist,
 * and tags must have behaved like registers.
 */
export async function runChaos(t: ExecutionContext, options: ChaosOptions): Promise<void> {
  const seconds = numberArgument('seconds', options.seconds);
  const random = new Random(seedOf(t));
  const cluster = await startCluster(t, { clockShiftsMs: CLOCK_SHIFTS_MS, ...options });
  const ledger = new Ledger();
  const hot: HotTags = {
    target: cluster.balancer,
    repository: 'hot',
    tags: ['a', 'b', 'c'],
    history: new History(),
    maxPauseMs: 40,
  };
  await load(t, cluster, { hot, ledger, random, seconds });
  t.log(ledger.summary);
  for (const tag of hot.tags) t.log(`${tag}: ${hot.history.of(tag).length} reads and writes`);
  t.true(ledger.manifests.length > 10);
  await Promise.all(cluster.instances.map((instance) => instance.stop()));
  await assertAllIsThere(t, cluster, { hot, ledger, open: options.open });
}

/** What clients work on, and until when. */
interface Work {
  readonly hot: HotTags;
  readonly ledger: Ledger;
  readonly random: Random;
}

async function load(t: ExecutionContext, cluster: Cluster, work: Work & { seconds: number }): Promise<void> {
  const engines = await startEngines(t);
  const [trouble, end] = [new AbortController(), new AbortController()];
  let isOver = false;
  const clients = await startClients(cluster, work, { engines, isOver: () => isOver, signal: end.signal });
  const troubles = makeTrouble(cluster, {
    random: new Random(work.random.below(2 ** 31)),
    signal: trouble.signal,
    note: (line) => t.log(line),
  });
  try {
    // Whatever fails first ends the run.
    await Promise.race([delay(work.seconds * 1000, undefined, { ref: false }), troubles, ...clients]).finally(() =>
      trouble.abort(),
    );
    t.true((await troubles) > 0);
    isOver = true;
    await Promise.all(clients);
  } finally {
    isOver = true;
    end.abort();
    // Nothing may start when the test is over.
    await Promise.allSettled([troubles, ...clients]);
  }
}

async function startClients(
  { balancer }: Cluster,
  { hot, ledger, random }: Work,
  { engines, isOver, signal }: { engines: readonly Engine[]; isOver: () => boolean; signal: AbortSignal },
): Promise<Promise<void>[]> {
  const newClient = (): CarefulClient =>
    new CarefulClient(balancer, { ledger, random: new Random(random.below(2 ** 31)), signal });
  await pushConfig(newClient(), hot.repository);
  return [
    ...Array.from({ length: PUSHERS }, (_, index) => pushImages(newClient(), `pusher-${index}`, isOver)),
    ...Array.from({ length: TAG_USERS }, (_, index) =>
      useHotTags(hot, { client: newClient(), by: `user-${index}`, isOver }),
    ),
    ...engines.map((engine) => pushForeignImages(engine, { client: newClient(), host: balancer.host, isOver })),
  ];
}

async function pushImages(client: CarefulClient, lane: string, isOver: () => boolean): Promise<void> {
  const begun = await client.ask('POST', `/v2/own/${lane}/blobs/uploads/`);
  // Without a byte, nothing of it would be stored. A repetition of a chunk that was taken gets 416.
  await client.ask('PATCH', locationOf(begun), { body: Buffer.from('left') });
  for (let number = 0; !isOver(); number += 1) {
    const layers = 1 + client.random.below(4);
    await pushImage(client, {
      repository: `own/${lane}`,
      tag: `v${number}`,
      layerSizes: Array.from({ length: layers }, () => 2 + client.random.below(MAX_LAYER_BYTES)),
    });
  }
}

async function assertAllIsThere(
  t: ExecutionContext,
  cluster: Cluster,
  { hot, ledger, open }: { hot: HotTags; ledger: Ledger; open: ChaosOptions['open'] },
): Promise<void> {
  const fresh = await cluster.startAside('fresh');
  t.deepEqual(await lostOf(ledger, fresh), []);
  for (const tag of hot.tags) {
    await readTag({ ...hot, target: fresh }, { tag, by: 'afterwards', method: 'GET' });
    t.deepEqual(describeViolation(violationIn(hot.history.of(tag))), [], `tag ${tag}`);
  }
  await using driver = await open(cluster);
  t.deepEqual(brokenRules(await storedFiles(driver)), []);
  // A client has begun one for each and left.
  t.true((await openUploads(driver)).length >= PUSHERS);
  await fresh.stop();
  await cluster.startAside('purger', { maintenance: PURGE_AT_ONCE, clockShiftMs: 2 * MAX_SHIFT_MS });
  await until('open uploads are purged', async () => (await openUploads(driver)).length === 0);
}
