import { Agent } from 'node:http';
import { blobOf, imageOf, type NamedBlob, type NamedManifest } from './artifact.ts';
import { expectStatus, sendRequest } from './http-request.ts';
import type { ImagesJob } from './job.ts';
import type { LoadResult } from './load-result.ts';
import { type Destination, pushAll, pushBlob, putManifest } from './push.ts';

const CONFIG_BYTES = 1536;
const LAYERS = 3;

interface Image {
  readonly tag: string;
  readonly blobs: readonly NamedBlob[];
  readonly manifest: NamedManifest;
}

/**
 * Pushes images of a config and three layers of new bytes as containerd and BuildKit do: HEAD, POST and PUT for each
 * blob, or with a PATCH before the PUT as Docker, Podman, Skopeo and crane do; then the manifest by a new tag. The
 * images are created before the measurement starts.
 */
export async function pushImages(job: ImagesJob): Promise<LoadResult> {
  const { url, repository, count, connections, layerBytes, hasPatch } = job;
  const images = Array.from({ length: count }, (_, index) => createImage(job, index));
  const agent = new Agent({ keepAlive: job.keepsConnections, maxSockets: connections });
  const bytes = (CONFIG_BYTES + LAYERS * layerBytes) * count;
  return pushAll(images, { agent, connections, bytes }, (image) =>
    pushImage({ agent, url, repository }, image, hasPatch),
  );
}

async function pushImage(to: Destination, { tag, blobs, manifest }: Image, hasPatch: boolean): Promise<void> {
  for (const blob of blobs) {
    const url = `${to.url}/v2/${to.repository}/blobs/${blob.digest}`;
    expectStatus(await sendRequest({ agent: to.agent, method: 'HEAD', url }), 404);
    await pushBlob(to, blob, hasPatch ? blob.bytes.size : undefined);
  }
  await putManifest(to, tag, manifest);
}

function createImage({ seed, layerBytes }: ImagesJob, index: number): Image {
  const config = blobOf(`${seed} ${index} config`, CONFIG_BYTES);
  const layers = Array.from({ length: LAYERS }, (_, layer) => blobOf(`${seed} ${index} ${layer}`, layerBytes));
  const manifest = imageOf(config, layers);
  return { tag: manifest.digest.slice('sha256:'.length), blobs: [config, ...layers], manifest };
}
