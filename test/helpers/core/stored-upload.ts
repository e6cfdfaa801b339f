import type { RepositoryName, UploadId } from '../../../core/model/reference.ts';
import { createUploadId } from '../../../core/model/reference.ts';
import type { CoreParts } from './core-parts.ts';

/** An upload without bytes that is stored, as distribution begins one: every process finds it by its id. */
export async function storedUpload({ uploads }: Pick<CoreParts, 'uploads'>, name: RepositoryName): Promise<UploadId> {
  const uuid = createUploadId();
  await uploads.recordStart(name, uuid, new Date());
  await using _ = await uploads.openFirst(name, uuid);
  return uuid;
}
