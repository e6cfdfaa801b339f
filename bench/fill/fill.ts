import { Agent } from 'node:http';
import { mapConcurrently } from '../../core/async/concurrency.ts';
import type { Content } from '../content.ts';
import type { NamedManifest } from '../load/artifact.ts';
import { expectStatus, sendRequest } from '../load/http-request.ts';
import { type Destination, pushBlob, putManifest } from '../load/push.ts';
import { writeLists } from './written-lists.ts';

const CONCURRENCY = 16;

/**
 * Pushes the content to an empty registry over HTTP, as any client does. Long lists are written to its storage.
 * @param root the folder of its storage; without it, long lists are omitted
 */
export async function fill(url: string, content: Content, root?: string): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONCURRENCY });
  try {
    await pushContent({ agent, url }, content);
  } finally {
    agent.destroy();
  }
  if (root !== undefined) writeLists(root, content);
}

async function pushContent(
  to: Omit<Destination, 'repository'>,
  { empty, small, large, manifest, smallImage, referrers }: Content,
): Promise<void> {
  const app = { ...to, repository: 'bench/app' };
  for (const blob of [empty, small, large]) await pushBlob(app, blob);
  await putManifest(app, 'latest', manifest);
  const put = (referrer: NamedManifest): Promise<void> => putManifest(app, referrer.digest, referrer);
  await mapConcurrently(referrers, CONCURRENCY, put);
  const tagged = { ...to, repository: 'bench/set-tags' };
  for (const { digest } of [empty, small]) {
    const url = `${to.url}/v2/${tagged.repository}/blobs/uploads/?mount=${digest}&from=${app.repository}`;
    expectStatus(await sendRequest({ agent: to.agent, method: 'POST', url }), 201);
  }
  await putManifest(tagged, 'latest', smallImage);
}
