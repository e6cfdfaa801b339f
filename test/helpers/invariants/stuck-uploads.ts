import { parseRepositoryName, parseUploadId } from '../../../core/model/reference.ts';
import type { CoreParts } from '../core/core-parts.ts';
import type { StoredFiles } from './stored-files.ts';

const UPLOAD = /^\/docker\/registry\/v2\/repositories\/(.+)\/_uploads\/([^/]+)\/startedat$/;

/** Names every upload that cannot be resumed: one whose lock is still held, or that cannot be opened. */
export async function stuckUploads(files: StoredFiles, { layers }: Pick<CoreParts, 'layers'>): Promise<string[]> {
  const stuck: string[] = [];
  for (const path of files.keys()) {
    const [, repository, id] = UPLOAD.exec(path) ?? [];
    if (repository === undefined || id === undefined) continue;
    const name = parseRepositoryName(repository);
    const uuid = parseUploadId(id);
    try {
      const { offset } = await layers.status(name, { uuid });
      await using _upload = await layers.resume(name, { uuid, offset });
    } catch (error) {
      stuck.push(`${path}: ${String(error)}`);
    }
  }
  return stuck;
}
