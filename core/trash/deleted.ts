import { randomUUID } from 'node:crypto';
import { type Digest, isDigest } from '../digest/digest.ts';
import { isTag, type Tag } from '../model/reference.ts';

/** What every deletion says. Times are milliseconds since 1970. */
interface Deletion {
  readonly deletedAtMs: number;
  /** The user, or the job if it was one; absent for an anonymous user. */
  readonly by?: string | undefined;
  /** The delete of the whole repository that has removed it; absent if it was deleted by itself. */
  readonly change?: string | undefined;
  /** When it came back. It stays in the trash until its time is over, so that a collection that is looking finds it. */
  readonly restoredAtMs?: number | undefined;
}

/** A tag that was deleted by its name. */
export interface DeletedTag extends Deletion {
  readonly kind: 'tag';
  readonly tag: Tag;
  /** What it pointed to. */
  readonly digest: Digest;
}

/** A manifest that was deleted. */
export interface DeletedManifest extends Deletion {
  readonly kind: 'manifest';
  readonly digest: Digest;
  /** The tags that pointed to it. */
  readonly tags: readonly Tag[];
  readonly mediaType: string;
  /** What it refers to, as a signature does. */
  readonly subject?: Digest | undefined;
  /** The signatures of schema 1 that it had. */
  readonly signatures: readonly Digest[];
  /** Of the manifest and of what it names, as it states them, in bytes; other manifests may need the same content. */
  readonly size: number;
}

export type Deleted = DeletedTag | DeletedManifest;

/** The name of a file of the trash, which says when something was deleted and what. */
export interface DeletedId {
  readonly id: string;
  readonly deletedAtMs: number;
  readonly digest: Digest;
}

const ID = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z-[0-9a-f]{8}-([a-z0-9+._-]+)\.([0-9a-f]+)$/;

/** A unique id; ids are in the order of their times. */
export function createDeletedId({ deletedAtMs, digest }: Pick<Deleted, 'deletedAtMs' | 'digest'>): string {
  const time = new Date(deletedAtMs).toISOString().replaceAll(/[-:.]/g, '');
  return `${time}-${randomUUID().slice(0, 8)}-${digest.replace(':', '.')}`;
}

/** Reads what {@link createDeletedId} made; `undefined` for any other name. */
export function parseDeletedId(id: string): DeletedId | undefined {
  const [, year, month, day, hours, minutes, seconds, ms, algorithm, hex] = ID.exec(id) ?? [];
  const digest = `${algorithm}:${hex}`;
  const deletedAtMs = Date.parse(`${year}-${month}-${day}T${hours}:${minutes}:${seconds}.${ms}Z`);
  return isDigest(digest) && Number.isFinite(deletedAtMs) ? { id, deletedAtMs, digest } : undefined;
}

/** Reads what is stored; `undefined` when it is torn or foreign. */
export function parseDeleted(value: unknown): Deleted | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { kind, digest, tag, tags, mediaType, subject, signatures, size, ...rest } = value as Record<string, unknown>;
  const { deletedAtMs, restoredAtMs, by, change } = rest;
  if (typeof digest !== 'string' || !isDigest(digest) || typeof deletedAtMs !== 'number') return undefined;
  const deletion = {
    digest,
    deletedAtMs,
    ...(typeof by === 'string' && { by }),
    ...(typeof change === 'string' && { change }),
    ...(typeof restoredAtMs === 'number' && { restoredAtMs }),
  };
  if (kind === 'tag') return typeof tag === 'string' && isTag(tag) ? { kind, tag, ...deletion } : undefined;
  if (kind !== 'manifest') return undefined;
  return {
    kind,
    ...deletion,
    tags: textsIn(tags).filter(isTag),
    mediaType: typeof mediaType === 'string' ? mediaType : '',
    ...(typeof subject === 'string' && isDigest(subject) && { subject }),
    signatures: textsIn(signatures).filter(isDigest),
    size: typeof size === 'number' ? size : 0,
  };
}

function textsIn(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}
