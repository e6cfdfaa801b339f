import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { OCI_MANIFEST } from '../load/artifact.ts';
import { runJob } from '../load/job.ts';
import { settleDisk, touchMemory } from '../machine.ts';
import { type ImageShape, type WrittenImage, writeImage } from './image.ts';
import { type ImageClient, type Reference, stowageClient } from './image-client.ts';
import type { ClientItem, ImageShapes } from './items.ts';
import { type TimedRun, timedRun } from './timed-run.ts';

const TAG = 'v1';
const TAGS = 100;

/** The environment of the clients. */
export interface Place {
  /** The folder of the images. */
  readonly folder: string;
  /** The URL of the registry. */
  readonly url: string;
  readonly shapes: ImageShapes;
  /** Unique to each measurement: no two push the same blobs, or to the same repository. */
  readonly name: string;
}

/** Runs the work of an item with a client, and checks the result. */
export type Work = (client: ImageClient, round: number) => Promise<TimedRun>;

/** Prepares the initial state of the registry for an item. */
export async function prepareWork(item: ClientItem, place: Place): Promise<Work> {
  const shape = place.shapes[item.image];
  if (item.work === 'push') return (client, round) => pushNew(client, place, { shape, name: `${item.id}-${round}` });
  const stored = { host: new URL(place.url).host, repository: `${place.name}/${item.id}`, tag: TAG };
  const { image } = await pushedBy(stowageClient(), place, { shape, to: stored });
  if (item.work === 'pull') return (client) => pull(client, place, { image, shape, from: stored });
  await runJob({
    kind: 'set-tags',
    url: place.url,
    repository: stored.repository,
    count: TAGS - 1,
    connections: 1,
    prefix: 'tag',
    manifest: image.manifest,
  });
  return (client) => listTags(client, stored, item.env);
}

async function pushNew(
  client: ImageClient,
  place: Place,
  { shape, name }: { shape: ImageShape; name: string },
): Promise<TimedRun> {
  const to = { host: new URL(place.url).host, repository: `${place.name}/${name}-${client.name}`, tag: TAG };
  const { image, run } = await pushedBy(client, place, { shape, to });
  const response = await fetch(`${place.url}/v2/${to.repository}/manifests/${TAG}`, {
    method: 'HEAD',
    headers: { accept: OCI_MANIFEST },
  });
  const digest = response.headers.get('docker-content-digest');
  if (digest !== image.manifest.digest) {
    throw new Error(`${client.name} pushed ${digest ?? 'nothing'} instead of ${image.manifest.digest}`);
  }
  return run;
}

/** Pushes an image that no registry has seen, and removes its files. */
async function pushedBy(
  client: ImageClient,
  { folder }: Place,
  { shape, to }: { shape: ImageShape; to: Reference },
): Promise<{ image: WrittenImage; run: TimedRun }> {
  const source = join(folder, 'source');
  try {
    const image = await writeImage(source, { seed: to.repository, shape, tag: to.tag });
    await makeRoom(folder, shape);
    return { image, run: await timedRun(client.push(source, to)) };
  } finally {
    await rm(source, { recursive: true, force: true });
  }
}

async function pull(
  client: ImageClient,
  { folder }: Place,
  { image, shape, from }: { image: WrittenImage; shape: ImageShape; from: Reference },
): Promise<TimedRun> {
  const target = join(folder, 'target');
  try {
    await makeRoom(folder, shape);
    const run = await timedRun(client.pull(from, target));
    for (const { digest, size } of [image.config, ...image.layers]) {
      const file = await stat(join(target, 'blobs', digest.replace(':', '/')));
      if (file.size !== size) throw new Error(`${client.name} pulled ${file.size} of ${size} bytes of ${digest}`);
    }
    return run;
  } finally {
    await rm(target, { recursive: true, force: true });
  }
}

async function listTags(client: ImageClient, from: Reference, env: ClientItem['env']): Promise<TimedRun> {
  const run = await timedRun(client.tags(from), env);
  const count = run.stdout.match(/\btag-\d+\b|\bv1\b/g)?.length;
  if (count !== TAGS) throw new Error(`${client.name} listed ${count ?? 0} of ${TAGS} tags:\n${run.stdout}`);
  return run;
}

/** Ensures that no run pays for earlier writes, or for memory that the system must obtain first. */
async function makeRoom(folder: string, { layers, layerBytes }: ImageShape): Promise<void> {
  await settleDisk();
  await touchMemory(folder, layers * layerBytes);
}
