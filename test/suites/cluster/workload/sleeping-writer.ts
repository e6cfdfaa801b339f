import { randomBytes } from 'node:crypto';
import type { ExecutionContext } from 'ava';
import { type Answer, pathOf, type Target } from '../../../helpers/http/http-request.ts';
import { digestOf, expectStatus, locationOf, withQuery } from '../../../helpers/http/with-registry.ts';
import { until } from '../../../helpers/running/until.ts';
import { type Cluster, type ClusterOptions, startCluster } from '../harness/cluster.ts';
import type { Instance } from '../harness/instance.ts';
import { HalfSent } from './half-sent.ts';

const REPOSITORY = 'paused';
const PART_BYTES = 2 * 1024 * 1024;
/** Enough to recognise a part. */
const SAMPLE_BYTES = 64;
/** Answers that a late writer may get: the upload has continued or ended, or it should try again. */
const REFUSALS = [404, 416, 429, 503];

interface Instances {
  readonly paused: Instance;
  readonly second: Instance;
  readonly third: Instance;
}

/** An instance is paused in the middle of a request. */
export interface Sleep {
  readonly method: 'PATCH' | 'PUT';
  /** When it wakes. */
  readonly awakening: 'between chunks' | 'after the end';
  /** The bytes of the upload before that request. Default: none for a PATCH; another instance does not see a first PUT. */
  readonly begunBytes?: number;
  /**
   * Nobody sees the first bytes before the instance wakes, so that its request begins the upload again: a chunk is kept
   * under its own bytes, and a finish is refused for them.
   */
  readonly beginsAgain?: boolean;
  /** Whether the storage was sent these bytes of the request, where the status does not tell. */
  readonly isSent?: (bytes: Buffer) => boolean;
}

function instancesOf({ instances: [paused, second, third] }: Cluster): Instances {
  if (paused === undefined || second === undefined || third === undefined)
    throw new Error('three instances are needed');
  return { paused, second, third };
}

/** Where the upload is, as this instance sees it. */
async function placeOf(target: Instance, location: string): Promise<{ location: string; offset: number }> {
  const answer = expectStatus(await target.ask('GET', location), 204);
  const end = Number(/^0-(\d+)$/.exec(answer.headers.range ?? '')?.[1]);
  return { location: locationOf(answer), offset: end === 0 ? 0 : end + 1 };
}

/** Sends the chunk that comes next, as soon as the upload can be taken over. */
async function appendNext(target: Instance, location: string, bytes: Buffer): Promise<string> {
  return await until('the upload goes on', async () => {
    const place = await placeOf(target, location);
    const body = bytes.subarray(place.offset);
    // A connection that is closed while the rest of a refused body is on its way is a refusal, too.
    const answer = await target.ask('PATCH', place.location, { body }).catch(() => undefined);
    if (answer === undefined || REFUSALS.includes(answer.status)) return undefined;
    return locationOf(expectStatus(answer, 202));
  });
}

async function finish(target: Instance, location: string, digest: string): Promise<void> {
  expectStatus(await target.ask('PUT', withQuery(location, { digest })), 201);
}

async function assertIsStored(t: ExecutionContext, targets: readonly Instance[], bytes: Buffer): Promise<void> {
  for (const target of targets) {
    const answer = await target.ask('GET', `/v2/${REPOSITORY}/blobs/${digestOf(bytes)}`);
    t.is(answer.status, 200);
    t.true(answer.body.equals(bytes), `what ${target.name} gives has the digest ${digestOf(answer.body)}`);
  }
}

function assertAnswer(t: ExecutionContext, answer: Answer | undefined, expected: readonly number[]): void {
  // No answer at all is what a client gets whose connection broke, and it asks for the status.
  if (answer !== undefined) t.true(expected.includes(answer.status), `${answer.status} ${answer.text}`);
}

/** Begins an upload with acknowledged bytes, and returns where it continues. */
async function begin(target: Instance, bytes: Buffer): Promise<string> {
  const begun = locationOf(expectStatus(await target.ask('POST', `/v2/${REPOSITORY}/blobs/uploads/`), 202));
  if (bytes.byteLength === 0) return begun;
  return locationOf(expectStatus(await target.ask('PATCH', begun, { body: bytes }), 202));
}

/** An instance sleeps in the middle of a chunk while others continue the upload, and wakes with other bytes. */
export async function sleepInside(
  t: ExecutionContext,
  options: ClusterOptions,
  { method, awakening, begunBytes = method === 'PUT' ? 1000 : 0, beginsAgain = false, isSent }: Sleep,
): Promise<void> {
  const cluster = await startCluster(t, options);
  const { paused, second, third } = instancesOf(cluster);
  const bytes = randomBytes(begunBytes + 3 * PART_BYTES);
  const wrong = randomBytes(PART_BYTES);
  const digest = digestOf(bytes);
  const begun = await begin(second, bytes.subarray(0, begunBytes));
  const path = method === 'PUT' ? withQuery(begun, { digest }) : begun;
  const first = bytes.subarray(begunBytes, begunBytes + PART_BYTES);
  const late = HalfSent.send(paused satisfies Target, method, path, { first, restBytes: wrong.byteLength });
  await until(
    'the storage has some of the first part',
    async () => isSent?.(first.subarray(0, SAMPLE_BYTES)) ?? (await placeOf(third, pathOf(begun))).offset > begunBytes,
  );
  paused.pause();

  let location = await appendNext(second, begun, bytes.subarray(0, begunBytes + 2 * PART_BYTES));
  const wake = async (): Promise<void> => {
    paused.resume();
    const own = method === 'PATCH' ? 202 : 400;
    assertAnswer(t, await late.end(wrong), beginsAgain ? [...REFUSALS, own] : REFUSALS);
  };
  if (awakening === 'between chunks') await wake();
  location = await appendNext(third, location, bytes);
  await finish(second, location, digest);
  if (awakening === 'after the end') await wake();

  await assertIsStored(t, [second, third, paused], bytes);
  if (!beginsAgain) t.is((await second.ask('GET', begun)).status, 404);
}
