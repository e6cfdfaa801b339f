import { content } from '../../../testing/driver-case.ts';
import type { Answer } from '../../helpers/http/http-request.ts';
import {
  digestOf,
  expectStatus,
  imageManifest,
  OCI_MANIFEST,
  type Registry,
} from '../../helpers/http/with-registry.ts';
import type { Random } from '../simulation/random.ts';
import type { JobProcess } from './job-process.ts';
import { fetchOver, isGone } from './pushing-client.ts';

const REPOSITORIES = ['crash/one', 'crash/two/deep'] as const;
/** Rules of retention may remove its tags, except for the newest two. */
const NIGHTLIES = 'crash/nightly';
/** Layers that several images share, so that one is often garbage when the next image needs it. */
const SHARED = Array.from({ length: 60 }, (_, seed) => content(10 + seed ** 3, seed + 1).toString('hex'));
const MAX_REPETITIONS = 50;

/**
 * What is known of an image: it is all there, its tag is gone, or the answer to a request that decides it has not come:
 * then it is all there or its tag is gone.
 */
type State = 'present' | 'deleted' | 'unsure';

/** An image that a client has pushed. */
export interface PushedImage {
  readonly repository: string;
  readonly tag: string;
  readonly manifest: Buffer;
  readonly blobs: readonly Buffer[];
  state: State;
}

/** What clients work with. */
export interface ImageClient {
  readonly registry: Registry;
  readonly jobs: JobProcess;
  readonly random: Random;
  /** No other client has it. */
  readonly name: string;
  readonly images: PushedImage[];
  /** Called at each answer. */
  readonly onAnswer: () => void;
  /** Whether deletions can be undone. */
  readonly keeps: boolean;
}

/** Pushes one image after the other, deletes some of them and undoes some of that, until the server is gone. */
export async function pushImagesUntilGone(client: ImageClient): Promise<void> {
  try {
    for (let number = 0; ; number += 1) await pushAndDelete(client, number);
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

/** Pushes to a repository whose tags rules of retention remove, until the server is gone. */
export async function pushNightliesUntilGone(client: ImageClient): Promise<void> {
  try {
    for (let number = 0; ; number += 1) {
      const image = await push(client, NIGHTLIES, `nightly-${client.name}-${number}`);
      for (const other of client.images) if (other.repository === NIGHTLIES) other.state = 'unsure';
      image.state = 'present';
      client.images.push(image);
    }
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

async function pushAndDelete(client: ImageClient, number: number): Promise<void> {
  const { registry, random, name, images, jobs, keeps } = client;
  const image = await push(client, random.pick(REPOSITORIES), `${name}-${number}`);
  images.push(image);
  if (random.chance(0.3)) return;
  const { repository, tag, manifest } = image;
  const reference = random.chance(0.5) ? tag : digestOf(manifest);
  image.state = 'unsure';
  expectStatus(await registry.ask('DELETE', `/v2/${repository}/manifests/${reference}`), 202);
  client.onAnswer();
  image.state = 'deleted';
  if (!keeps || random.chance(0.7)) return;
  image.state = 'unsure';
  const problem = await jobs.undelete(repository, tag);
  if (problem === 'killed') return;
  if (problem !== undefined) throw new Error(`${repository}:${tag} could not be undeleted: ${problem}`);
  client.onAnswer();
  image.state = 'present';
}

/** Uploads what the registry does not have, as clients do, and again what a collection has removed since. */
async function push(client: ImageClient, repository: string, tag: string): Promise<PushedImage> {
  const { registry, random } = client;
  const layers = [`layer of ${tag}`, random.pick(SHARED), random.pick(SHARED)];
  const manifest = Buffer.from(imageManifest(...layers));
  const blobs = ['{}', ...layers].map((text) => Buffer.from(text));
  for (let repetition = 0; repetition < MAX_REPETITIONS; repetition += 1) {
    await Promise.all(blobs.map((bytes) => pushBlob(client, repository, bytes)));
    const answer = await registry.putManifest(repository, tag, { body: manifest, type: OCI_MANIFEST });
    client.onAnswer();
    if (answer.status === 201) return { repository, tag, manifest, blobs, state: 'present' };
    if (!lacksBlobs(answer)) expectStatus(answer, 201);
  }
  throw new Error(`${repository}:${tag} lacked blobs ${MAX_REPETITIONS} times`);
}

function lacksBlobs({ status, body }: Answer): boolean {
  if (status !== 400) return false;
  const { errors } = JSON.parse(body.toString()) as { readonly errors: readonly { readonly code: string }[] };
  return errors.every(({ code }) => code === 'MANIFEST_BLOB_UNKNOWN');
}

async function pushBlob(client: ImageClient, repository: string, bytes: Buffer): Promise<void> {
  const { registry, random, onAnswer } = client;
  const digest = digestOf(bytes);
  const found = await registry.ask('HEAD', `/v2/${repository}/blobs/${digest}`);
  onAnswer();
  if (found.status === 200) return;
  expectStatus(found, 404);
  if (random.chance(0.5)) {
    const from = random.pick(REPOSITORIES);
    const mounted = await registry.ask('POST', `/v2/${repository}/blobs/uploads/?mount=${digest}&from=${from}`);
    onAnswer();
    if (mounted.status === 201) return;
    expectStatus(mounted, 202);
  }
  let location = await registry.startUpload(repository);
  const sent = random.chance(0.3) ? Math.ceil(bytes.byteLength / 2) : 0;
  if (sent > 0) location = await registry.sendChunk(location, bytes.subarray(0, sent));
  expectStatus(await registry.finishUpload(location, digest, { body: bytes.subarray(sent) }), 201);
  onAnswer();
}

/** One sentence for each image that is not as it must be. */
export async function brokenImages(registry: Registry, images: readonly PushedImage[]): Promise<string[]> {
  const fetchPush = fetchOver(registry);
  const broken: string[] = [];
  for (const { repository, tag, manifest, blobs, state } of images) {
    const image = `${repository}:${tag}`;
    const found = await fetchPush({ kind: 'manifest', repository, reference: tag, bytes: manifest });
    if (found === undefined) {
      if (state === 'present') broken.push(`${image} is gone`);
      continue;
    }
    if (state === 'deleted') broken.push(`${image} was deleted and is there`);
    if (Buffer.compare(found, manifest) !== 0) broken.push(`${image} has changed`);
    for (const bytes of blobs) {
      const reference = digestOf(bytes);
      const blob = await fetchPush({ kind: 'blob', repository, reference, bytes });
      if (blob === undefined || Buffer.compare(blob, bytes) !== 0)
        broken.push(`${image}: blob ${reference} ${blob === undefined ? 'is gone' : 'has changed'}`);
    }
  }
  return broken;
}
