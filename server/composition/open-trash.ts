import { ManifestReader } from '../../core/registry/local/manifest-reader.ts';
import { LocalManifestService } from '../../core/registry/local/manifest-service.ts';
import { BlobStore } from '../../core/storage/blob-store.ts';
import { Inventory } from '../../core/storage/collection/inventory.ts';
import { PathMapper } from '../../core/storage/paths/path-mapper.ts';
import { SignatureStore } from '../../core/storage/signature-store.ts';
import { TagStore } from '../../core/storage/tag-store.ts';
import { TrashStore } from '../../core/storage/trash-store.ts';
import { ManifestReturn } from '../../core/trash/manifest-return.ts';
import { RepositoryReturn } from '../../core/trash/repository-return.ts';
import { SweptContent } from '../../core/trash/swept-content.ts';
import { Trash, type TrashDependencies, type TrashOptions } from '../../core/trash/trash.ts';
import { Undeleter } from '../../core/trash/undeleter.ts';
import type { CoreContainer } from './core-container.ts';

/** The trash of a storage. */
export interface OpenTrash {
  readonly trash: Trash;
  readonly undeleter: Undeleter;
  readonly repositoryReturn: RepositoryReturn;
}

/** How the trash of a core is opened. */
export interface OpenTrashOptions extends TrashOptions, Pick<TrashDependencies, 'now'> {}

/** Opens the trash of a core, also of one that keeps no deletions any more. */
export function openTrash(core: Pick<CoreContainer, 'get'>, options: OpenTrashOptions): OpenTrash {
  const [store, blobs] = [core.get(TrashStore), core.get(BlobStore)];
  const trash = createTrash(core, options);
  const content = new SweptContent({ store, blobs, paths: core.get(PathMapper) });
  const manifests = new ManifestReturn({
    manifests: core.get(LocalManifestService),
    reader: core.get(ManifestReader),
    signatures: core.get(SignatureStore),
    content,
  });
  const tags = core.get(TagStore);
  return {
    trash,
    undeleter: new Undeleter({ trash, manifests, content, tags }),
    repositoryReturn: new RepositoryReturn({ trash, manifests, tags }),
  };
}

/** What deletions and collections put into the trash goes through it. */
export function createTrash(core: Pick<CoreContainer, 'get'>, { keepMs, now }: OpenTrashOptions): Trash {
  return new Trash({ store: core.get(TrashStore), inventory: core.get(Inventory), now }, { keepMs });
}
