import { randomBytes } from 'node:crypto';
import type { ExecutionContext } from 'ava';
import type { Answer } from '../../../helpers/http/http-request.ts';
import { digestOf, expectStatus, locationOf, withQuery } from '../../../helpers/http/with-registry.ts';
import { Random } from '../../simulation/random.ts';
import { type Cluster, type ClusterOptions, startCluster } from '../harness/cluster.ts';
import { seedOf } from '../harness/cluster-test.ts';
import { HalfSent } from './half-sent.ts';

const REPOSITORY = 'contested';
const SIZES = [3, 1000, 70_000, 600_000, 3_000_000];

/** One of two requests that write at the same offset. */
interface Contestant {
  readonly body: Buffer;
  readonly answer: Answer;
}

/** Sends two chunks with the same token through two instances; each half waits for the other's. */
async function contest(cluster: Cluster, location: string, random: Random): Promise<Contestant[]> {
  const first = random.below(cluster.instances.length);
  const targets = [first, (first + 1) % cluster.instances.length].map((index) => cluster.instances[index]);
  const halves = targets.flatMap((target) => {
    if (target === undefined) return [];
    const body = randomBytes(random.pick(SIZES));
    const middle = random.below(body.byteLength);
    const half = HalfSent.send(target, 'PATCH', location, {
      first: body.subarray(0, middle),
      restBytes: body.byteLength - middle,
    });
    return [{ body, rest: body.subarray(middle), half }];
  });
  if (random.chance(0.5)) halves.reverse();
  return await Promise.all(
    halves.map(async ({ body, rest, half }) => {
      const answer = await half.end(rest);
      if (answer === undefined) throw new Error('a chunk was not answered');
      return { body, answer };
    }),
  );
}

/** Checks that one succeeded and the other got the true offset; returns the one that succeeded. */
function judge(t: ExecutionContext, contestants: readonly Contestant[], label: string): Buffer | undefined {
  const winners = contestants.filter(({ answer }) => answer.status === 202);
  const statuses = contestants.map(({ answer }) => `${answer.status} ${answer.headers.range ?? ''}`).join(' and ');
  t.is(winners.length, 1, `${label}: ${statuses}`);
  for (const { answer } of contestants.filter(({ answer: { status } }) => status !== 202)) {
    if (answer.status === 416) {
      const end = Number(/^0-(\d+)$/.exec(answer.headers.range ?? '')?.[1]);
      t.true(end < (winners[0]?.body.byteLength ?? 0), `${label}: ${statuses}`);
      t.truthy(answer.headers.location, label);
    } else {
      t.true(answer.status === 429 || answer.status === 503, `${label}: ${statuses} ${answer.text}`);
      t.truthy(answer.headers['retry-after'], label);
    }
  }
  return winners[0]?.body;
}

/** Lets two instances take chunks with the same token at the same time, `rounds` times; one must get through. */
export async function contestChunks(t: ExecutionContext, options: ClusterOptions, rounds: number): Promise<void> {
  const random = new Random(seedOf(t));
  const cluster = await startCluster(t, options);
  for (let round = 0; round < rounds; round += 1) {
    const target = random.pick(cluster.instances);
    const begun = locationOf(expectStatus(await target.ask('POST', `/v2/${REPOSITORY}/blobs/uploads/`), 202));
    const contestants = await contest(cluster, begun, random);
    const winner = judge(t, contestants, `round ${round}`);
    if (winner === undefined) return;
    const status = expectStatus(await target.ask('GET', begun), 204);
    t.is(status.headers.range, `0-${winner.byteLength - 1}`, `round ${round}`);
    const digest = digestOf(winner);
    const finished = await target.ask('PUT', withQuery(locationOf(status), { digest }));
    t.is(finished.status, 201, `round ${round}: ${finished.text}`);
    const stored = await target.ask('GET', `/v2/${REPOSITORY}/blobs/${digest}`);
    t.true(stored.body.equals(winner), `round ${round}`);
  }
}
