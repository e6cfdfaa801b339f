import type { RegistryImage, StoreImage } from '../../client/references/image-reference.ts';
import type { RepositoryName } from '../../core/model/reference.ts';
import type { Registry } from '../../core/registry/registry.ts';
import type { Connections } from '../client/connections.ts';

/** A registry, and one of its repositories. */
export interface OpenRepository {
  readonly registry: Registry;
  readonly repository: RepositoryName;
}

/** Opens the registry that has an image, over HTTP or from its configuration. */
export async function openRepository(
  image: RegistryImage | StoreImage,
  connections: Connections,
  { writes }: { readonly writes: boolean },
): Promise<OpenRepository> {
  const { repository } = image;
  const registry =
    image.kind === 'registry'
      ? await connections.remote(image.host)
      : await connections.store(image.configuration, { writes });
  return { registry, repository };
}
