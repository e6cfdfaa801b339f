import { digestOf, expectStatus, OCI_MANIFEST, type Registry } from '../http/with-registry.ts';

export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
export const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
export const DOCKER_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json';

/** A manifest that refers to another one, with its bytes. */
export interface Artifact {
  readonly body: string;
  readonly type: string;
  readonly digest: string;
}

/** A descriptor of content that a test made. */
export function describe(body: string, mediaType: string): { mediaType: string; digest: string; size: number } {
  return { mediaType, digest: digestOf(body), size: Buffer.byteLength(body) };
}

function artifactOf(type: string, fields: Readonly<Record<string, unknown>>): Artifact {
  const body = JSON.stringify({ schemaVersion: 2, mediaType: type, ...fields });
  return { body, type, digest: digestOf(body) };
}

/** An image manifest of the config `{}` and no layers. */
export function artifact(fields: Readonly<Record<string, unknown>> = {}): Artifact {
  return artifactOf(OCI_MANIFEST, {
    config: describe('{}', 'application/vnd.oci.empty.v1+json'),
    layers: [],
    ...fields,
  });
}

/** An index without children. */
export function artifactIndex(fields: Readonly<Record<string, unknown>> = {}): Artifact {
  return artifactOf(OCI_INDEX, { manifests: [], ...fields });
}

/** The descriptor of an artifact, for example as a subject. */
export function descriptorOf({ body, type }: Pick<Artifact, 'body' | 'type'>) {
  return describe(body, type);
}

/** Pushes an artifact by its digest, or under a tag. */
export async function push(registry: Registry, name: string, { body, type, digest }: Artifact, tag?: string) {
  await registry.pushBlob(name, '{}');
  return expectStatus(await registry.putManifest(name, tag ?? digest, { body, type }), 201);
}

/** The descriptors in a list of referrers, with the answer. */
export async function referrersOf(registry: Registry, name: string, digest: string, query = '') {
  const answer = expectStatus(await registry.ask('GET', `/v2/${name}/referrers/${digest}${query}`), 200);
  const index = JSON.parse(answer.text) as { manifests: { digest: string; [field: string]: unknown }[] };
  return { answer, manifests: index.manifests, digests: index.manifests.map((entry) => entry.digest) };
}
