import type { Answer, Ask } from '../../../helpers/http/http-request.ts';
import { digestOf, OCI_MANIFEST } from '../../../helpers/http/with-registry.ts';
import type { ImageManifest } from './foreign-pushes.ts';
import type { Ledger, PushedManifest } from './ledger.ts';

const ACCEPT = [OCI_MANIFEST, 'application/vnd.docker.distribution.manifest.v2+json'].join(', ');

/** A registry that can be asked. */
interface Askable {
  ask(method: string, path: string, options?: Ask): Promise<Answer>;
}

/** Names everything that was acknowledged and is not there as it was, as this registry sees it. */
export async function lostOf(ledger: Ledger, registry: Askable): Promise<string[]> {
  const blobs = new Set(ledger.blobs);
  const lost: string[] = [];
  for (const manifest of ledger.manifests) {
    lost.push(...(await lostManifest(registry, manifest)));
    for (const digest of partsOf(manifest)) blobs.add(`${manifest.repository}@${digest}`);
  }
  for (const blob of blobs) lost.push(...(await lostBlob(registry, blob)));
  for (const tag of ledger.tags) lost.push(...(await swappedTag(registry, tag)));
  return lost;
}

function partsOf({ bytes }: PushedManifest): string[] {
  const { config, layers } = JSON.parse(bytes.toString()) as ImageManifest;
  return [config, ...layers].map(({ digest }) => digest);
}

async function lostManifest(registry: Askable, { repository, digest, bytes }: PushedManifest): Promise<string[]> {
  const path = `/v2/${repository}/manifests/${digest}`;
  const answer = await registry.ask('GET', path, { headers: { Accept: ACCEPT } });
  if (answer.status !== 200) return [`${path}: ${answer.status}`];
  return answer.body.equals(bytes) ? [] : [`${path}: has changed`];
}

async function lostBlob(registry: Askable, blob: string): Promise<string[]> {
  const [repository = '', digest = ''] = blob.split('@');
  const answer = await registry.ask('GET', `/v2/${repository}/blobs/${digest}`);
  if (answer.status !== 200) return [`${blob}: ${answer.status}`];
  return digestOf(answer.body) === digest ? [] : [`${blob}: holds ${digestOf(answer.body)}`];
}

/** A tag must name a manifest that was pushed under this tag to this repository. */
async function swappedTag(registry: Askable, reference: string): Promise<string[]> {
  const colon = reference.lastIndexOf(':');
  const [repository, tag] = [reference.slice(0, colon), reference.slice(colon + 1)];
  const path = `/v2/${repository}/manifests/${tag}`;
  const answer = await registry.ask('GET', path, { headers: { Accept: ACCEPT } });
  if (answer.status !== 200) return [`${path}: ${answer.status}`];
  const { annotations = {} } = JSON.parse(answer.text) as ImageManifest;
  const isRight = annotations['repository'] === repository && annotations['tag'] === tag;
  return isRight ? [] : [`${path}: is the manifest of ${JSON.stringify(annotations)}`];
}
