import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Digest, digestOf } from '../../core/digest/digest.ts';

/** Blobs of a manifest, including its config. */
export const LAYERS = 4;
export const REPOSITORIES = 220;
const WRITTEN_AT = new Date(Date.now() - 3_600_000);

/** The repository of an image, whose tag is `v` and its number. */
export function repositoryOf(number: number): string {
  return `team-${number % 20}/image-${number % REPOSITORIES}`;
}

/**
 * Writes a registry as distribution stores it, with content that is older than any grace of a collection: so many tagged
 * manifests with {@link LAYERS} blobs each, and as many blobs that nothing needs.
 */
export function fillOldRegistry(rootFolder: string, manifests: number): void {
  const root = join(rootFolder, 'docker/registry/v2');
  const put = (file: string, content: string): void => {
    const path = join(root, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    utimesSync(path, WRITTEN_AT, WRITTEN_AT);
  };
  const putBlob = (repository: string, content: string): Digest => {
    const digest = digestOf(Buffer.from(content));
    put(`blobs/${folderOf(digest, true)}/data`, content);
    put(`repositories/${repository}/_layers/${folderOf(digest)}/link`, digest);
    return digest;
  };
  for (let number = 0; number < manifests; number += 1) {
    const repository = repositoryOf(number);
    putBlob(repository, `garbage ${number}`);
    const blobs = Array.from({ length: LAYERS }, (_, layer) => {
      const content = `layer ${number} ${layer}`;
      return { digest: putBlob(repository, content), size: content.length };
    });
    const [config, ...layers] = blobs;
    const manifest = JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...config },
      layers: layers.map((layer) => ({ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', ...layer })),
    });
    const digest = digestOf(Buffer.from(manifest));
    const own = `repositories/${repository}/_manifests`;
    put(`blobs/${folderOf(digest, true)}/data`, manifest);
    put(`${own}/revisions/${folderOf(digest)}/link`, digest);
    put(`${own}/tags/v${number}/current/link`, digest);
  }
}

function folderOf(digest: Digest, isContent = false): string {
  const [algorithm = '', hex = ''] = digest.split(':');
  return isContent ? `${algorithm}/${hex.slice(0, 2)}/${hex}` : `${algorithm}/${hex}`;
}
