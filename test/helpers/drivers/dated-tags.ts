import { type FileInfo, ForwardingDriver, type StatOptions, type StoragePath } from '../../../core/driver/index.ts';
import type { RepositoryName, Tag } from '../../../core/model/reference.ts';
import type { TagStore } from '../../../core/storage/tag-store.ts';

/** A storage in which tags were set one second after the other, in the order of a list, a long time ago. */
export class DatedTags extends ForwardingDriver {
  order: readonly string[] = [];

  override async stat(path: StoragePath, options?: StatOptions): Promise<FileInfo | undefined> {
    const info = await super.stat(path, options);
    const index = this.order.indexOf(/\/tags\/([^/]+)\/current\/link$/.exec(path)?.[1] ?? '');
    return info && index >= 0 ? { ...info, modifiedAt: new Date(1_000_000 + 1000 * index) } : info;
  }
}

/** The tags of a repository in the order in which they were set, each at a time of its own. */
export async function tagsByTime(
  { tagStore }: { readonly tagStore: TagStore },
  name: RepositoryName,
): Promise<readonly Tag[]> {
  const tags = await tagStore.list(name, { limit: Number.POSITIVE_INFINITY });
  const times = new Map<number, Tag>();
  for (const tag of tags) times.set((await tagStore.setAt(name, tag))?.getTime() ?? 0, tag);
  return [...times].sort(([one], [other]) => one - other).map(([, tag]) => tag);
}
