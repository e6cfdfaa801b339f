import type { KeptDeletion } from '../../core/admin/trash-administration.ts';
import type { Digest } from '../../core/digest/digest.ts';
import type { RepositoryName, Tag } from '../../core/model/reference.ts';
import { timeOf } from './run-view.ts';

/** A deletion as programs see it. */
export type DeletionView = DeletedTagView | DeletedManifestView;

interface View {
  readonly repository: RepositoryName;
  readonly id: string;
  readonly digest: Digest;
  readonly deletedAt: string;
  /** How long it can come back. */
  readonly until: string;
  /** Absent for an anonymous user. */
  readonly by?: string | undefined;
  /** The delete of the whole repository that has removed it. */
  readonly change?: string | undefined;
}

interface DeletedTagView extends View {
  readonly kind: 'tag';
  readonly tag: Tag;
}

interface DeletedManifestView extends View {
  readonly kind: 'manifest';
  readonly tags: readonly Tag[];
  readonly mediaType: string;
  /** What it refers to, as a signature does. */
  readonly subject?: Digest | undefined;
  /** The signatures of schema 1 that it had. */
  readonly signatures: readonly Digest[];
  /** Of the manifest and of what it names, as it states them, in bytes. */
  readonly size: number;
}

export function deletionView({ name, id, deleted, untilMs }: KeptDeletion): DeletionView {
  const { deletedAtMs, restoredAtMs: _, ...what } = deleted;
  return { repository: name, id, ...what, deletedAt: timeOf(deletedAtMs), until: timeOf(untilMs) };
}
