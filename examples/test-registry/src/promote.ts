const INDEX_AND_MANIFEST = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

/** An image and its new tag, for example `v1.4.0` → `stable`. */
export interface Promotion {
  readonly registry: string;
  readonly repository: string;
  readonly from: string;
  readonly to: string;
}

/**
 * Adds a tag to an image without pulling its layers.
 * @returns the digest of the image
 */
export async function promote({ registry, repository, from, to }: Promotion): Promise<string> {
  const manifests = `${registry}/v2/${repository}/manifests`;
  const found = await fetch(`${manifests}/${from}`, { headers: { Accept: INDEX_AND_MANIFEST } });
  const body = await found.text();
  if (!found.ok) throw new Error(`${repository}:${from}: ${found.status} ${body}`);
  const type = found.headers.get('content-type') ?? '';
  const put = await fetch(`${manifests}/${to}`, { method: 'PUT', body, headers: { 'Content-Type': type } });
  if (!put.ok) throw new Error(`${repository}:${to}: ${put.status} ${await put.text()}`);
  return put.headers.get('docker-content-digest') ?? '';
}
