import { readStoredManifest } from '../../../core/manifests/stored-manifest.ts';
import { StoreError } from '../store-error.ts';

const CONFIG_TYPES: ReadonlySet<string> = new Set([
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
]);

/**
 * Rejects what Docker cannot load: charts, policies and other artifacts. Referrers of an image are allowed.
 * @throws StoreError `unsupported`
 */
export function requireDockerImage(bytes: Uint8Array, label: string): void {
  const { subject, blobs, children, artifactType } = readStoredManifest(bytes);
  const type = blobs[0]?.mediaType ?? artifactType ?? '';
  if (subject !== undefined || children.length > 0 || CONFIG_TYPES.has(type)) return;
  throw new StoreError(
    'unsupported',
    `${label} cannot contain an artifact: its configuration ${type === '' ? 'has no type' : `is ${type}`}`,
    {
      detail: { mediaType: type },
      hint: 'write an OCI archive or a folder',
    },
  );
}
