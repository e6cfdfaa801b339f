import { Agent } from 'node:http';
import type { SetTagsJob } from './job.ts';
import type { LoadResult } from './load-result.ts';
import { pushAll, putManifest } from './push.ts';

/** Pushes one manifest under new tags. */
export async function setTags({
  url,
  repository,
  prefix,
  manifest,
  count,
  connections,
}: SetTagsJob): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const tags = Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
  const bytes = Buffer.byteLength(manifest.text) * count;
  return pushAll(tags, { agent, connections, bytes }, (tag) => putManifest({ agent, url, repository }, tag, manifest));
}
