/*
 * Pushes of 20 layers through a balancer that picks instances by chance, by a client that never tries again.
 * All 500 of the goal:
 *
 *     npm run -s build && npx ava test/suites/cluster/many-pushes.test.ts -- --pushes=500
 */

import { createHash, randomBytes } from 'node:crypto';
import { Agent } from 'node:http';
import type { ExecutionContext } from 'ava';
import { type Answer, type Ask, ask } from '../../helpers/http/http-request.ts';
import { digestOf, expectStatus, locationOf, OCI_MANIFEST, withQuery } from '../../helpers/http/with-registry.ts';
import { type Cluster, type ClusterOptions, startCluster } from './harness/cluster.ts';
import { clusterTests, numberArgument } from './harness/cluster-test.ts';
import { manifestOf } from './workload/image.ts';

const PUSHES = numberArgument('pushes', 60);
const LANES = 4;
const LAYERS = 20;
const MAX_LAYER_BYTES = 8192;

/** One request after the other on one connection, without a second attempt. */
class Pusher {
  readonly #cluster: Cluster;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  ask(method: string, path: string, options?: Ask): Promise<Answer> {
    return ask(this.#cluster.balancer, method, path, { ...options, agent: this.#agent });
  }

  /** Begin, two chunks, end. */
  async pushLayer(repository: string, bytes: Buffer): Promise<void> {
    const middle = Math.floor(bytes.byteLength / 2);
    let location = locationOf(expectStatus(await this.ask('POST', `/v2/${repository}/blobs/uploads/`), 202));
    for (const body of [bytes.subarray(0, middle), bytes.subarray(middle)]) {
      location = locationOf(expectStatus(await this.ask('PATCH', location, { body }), 202));
    }
    const digest = digestOf(bytes);
    expectStatus(await this.ask('PUT', withQuery(location, { digest })), 201);
  }

  async pushImage(repository: string, tag: string): Promise<void> {
    const layers = Array.from({ length: LAYERS }, () => randomBytes(2 + Math.floor(Math.random() * MAX_LAYER_BYTES)));
    for (const bytes of [Buffer.from('{}'), ...layers]) await this.pushLayer(repository, bytes);
    const body = manifestOf(layers, { tag });
    const path = `/v2/${repository}/manifests/${tag}`;
    expectStatus(await this.ask('PUT', path, { body, headers: { 'Content-Type': OCI_MANIFEST } }), 201);
    const pulled = expectStatus(await this.ask('GET', path, { headers: { Accept: OCI_MANIFEST } }), 200);
    if (!pulled.body.equals(body))
      throw new Error(`${tag} is ${createHash('sha256').update(pulled.body).digest('hex')}`);
  }

  close(): void {
    this.#agent.destroy();
  }
}

async function pushAll(t: ExecutionContext, options: ClusterOptions): Promise<void> {
  const cluster = await startCluster(t, { ...options, isRandom: true });
  const failures: string[] = [];
  let next = 0;
  const start = performance.now();
  const lane = async (): Promise<void> => {
    const pusher = new Pusher(cluster);
    for (let push = next++; push < PUSHES; push = next++) {
      await pusher
        .pushImage('many', `push-${push}`)
        .catch((error: unknown) => failures.push(`${push}: ${String(error)}`));
    }
    pusher.close();
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  const seconds = (performance.now() - start) / 1000;
  t.log(`${PUSHES - failures.length} of ${PUSHES} pushes in ${seconds.toFixed(1)} s`);
  t.deepEqual(failures, []);
}

const test = clusterTests({ nginx: 'nginx-light' });

test(`${PUSHES} of ${PUSHES} pushes of ${LAYERS} layers succeed through three instances in random order`, (t) =>
  pushAll(t, {}));
