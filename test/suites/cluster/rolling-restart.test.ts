/*
 * Rolling restarts under load. All ten of the goal:
 *
 *     npm run -s build && npx ava test/suites/cluster/rolling-restart.test.ts -- --restarts=10
 */
import { randomBytes } from 'node:crypto';
import { Agent } from 'node:http';
import { type Answer, type Ask, ask } from '../../helpers/http/http-request.ts';
import { digestOf, expectStatus, locationOf, OCI_MANIFEST, withQuery } from '../../helpers/http/with-registry.ts';
import { type Cluster, startCluster } from './harness/cluster.ts';
import { clusterTests, numberArgument } from './harness/cluster-test.ts';
import { restartEach } from './workload/chaos.ts';
import { manifestOf } from './workload/image.ts';

const RESTARTS = numberArgument('restarts', 3);
const REPOSITORY = 'restarted';
const LAYER = randomBytes(300_000);

/** Clients that count failures: no answer, or one that says that the registry is at fault. */
class Hammer {
  readonly failures: string[] = [];
  readonly #cluster: Cluster;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #startedAt = performance.now();
  requests = 0;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  async ask(method: string, path: string, options?: Ask): Promise<Answer | undefined> {
    this.requests += 1;
    try {
      const answer = await ask(this.#cluster.balancer, method, path, { ...options, agent: this.#agent });
      if (answer.status >= 500) this.#fail(method, path, `${answer.status} ${JSON.stringify(answer.headers)}`);
      return answer;
    } catch (error) {
      this.#fail(method, path, String(error));
      return undefined;
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  #fail(method: string, path: string, why: string): void {
    const seconds = ((performance.now() - this.#startedAt) / 1000).toFixed(3);
    this.failures.push(`${seconds} s: ${method} ${path.slice(0, 60)}: ${why}`);
  }
}

/** Begins an upload, sends two chunks and ends it; gives up where a request fails, which has been counted. */
async function pushBlob(hammer: Hammer, bytes: Buffer): Promise<boolean> {
  const middle = Math.floor(bytes.byteLength / 2);
  let answer = await hammer.ask('POST', `/v2/${REPOSITORY}/blobs/uploads/`);
  for (const body of [bytes.subarray(0, middle), bytes.subarray(middle)]) {
    if (answer?.status !== 202) return false;
    answer = await hammer.ask('PATCH', locationOf(answer), { body });
  }
  if (answer?.status !== 202) return false;
  return (await hammer.ask('PUT', withQuery(locationOf(answer), { digest: digestOf(bytes) })))?.status === 201;
}

async function prepare(hammer: Hammer): Promise<Buffer> {
  for (const bytes of [Buffer.from('{}'), LAYER]) await pushBlob(hammer, bytes);
  const manifest = manifestOf([LAYER], {});
  const answer = await hammer.ask('PUT', `/v2/${REPOSITORY}/manifests/v1`, putOf(manifest));
  expectStatus(answer ?? { status: 0, headers: {}, body: manifest, text: 'no answer' }, 201);
  return manifest;
}

function putOf(body: Buffer): Ask {
  return { body, headers: { 'Content-Type': OCI_MANIFEST } };
}

const test = clusterTests({ nginx: 'nginx-light' });

test(`no request fails in ${RESTARTS} rolling restarts under load`, async (t) => {
  const cluster = await startCluster(t);
  const hammer = new Hammer(cluster);
  t.teardown(() => hammer.close());
  const manifest = await prepare(hammer);
  const wrong: string[] = [];
  let isOver = false;
  const whileRestarting = async (what: string, step: (turn: number) => Promise<boolean>): Promise<void> => {
    for (let turn = 0; !isOver; turn += 1) if (!(await step(turn))) wrong.push(`${what}, turn ${turn}`);
  };
  const read = (method: string, path: string, bytes: Buffer) => async (): Promise<boolean> => {
    const answer = await hammer.ask(method, path, { headers: { Accept: OCI_MANIFEST } });
    return answer?.status === 200 && (method === 'HEAD' || answer.body.equals(bytes));
  };
  const load = Promise.all([
    whileRestarting('GET of a manifest', read('GET', `/v2/${REPOSITORY}/manifests/v1`, manifest)),
    whileRestarting('HEAD of a manifest', read('HEAD', `/v2/${REPOSITORY}/manifests/v1`, manifest)),
    whileRestarting('GET of a blob', read('GET', `/v2/${REPOSITORY}/blobs/${digestOf(LAYER)}`, LAYER)),
    whileRestarting('HEAD of a blob', read('HEAD', `/v2/${REPOSITORY}/blobs/${digestOf(LAYER)}`, LAYER)),
    whileRestarting('PUT of a manifest', async (turn) => {
      const body = manifestOf([LAYER], { turn: String(turn) });
      return (await hammer.ask('PUT', `/v2/${REPOSITORY}/manifests/v2`, putOf(body)))?.status === 201;
    }),
    whileRestarting('push of a blob', () => pushBlob(hammer, randomBytes(100_000))),
  ]);
  try {
    for (let restart = 0; restart < RESTARTS; restart += 1) await restartEach(cluster);
  } finally {
    isOver = true;
    await load;
  }
  t.log(`${hammer.requests} requests, ${hammer.failures.length} failed`);
  t.deepEqual(hammer.failures.slice(0, 20), []);
  t.deepEqual(wrong, []);
  t.true(hammer.requests > 100 * RESTARTS);
});
