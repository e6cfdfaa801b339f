import { isRepositoryName, type RepositoryName } from '../../model/reference.ts';

/** The change of a whole repository, from its announcement to its end. */
export interface RepositoryChange {
  readonly id: string;
  readonly action: 'delete' | 'rename';
  readonly name: RepositoryName;
  /** The new name; of a rename only. */
  readonly target?: RepositoryName | undefined;
  readonly announcedAt: Date;
  /** The user who has asked for it, if it is known. */
  readonly user?: string | undefined;
  /** Whether every process has refused changes of the repository for long enough, so that the work has begun. */
  readonly isUnderWay: boolean;
  /** Whether a rename has copied everything, so that what is left is to erase the old name. */
  readonly isCopied?: boolean;
  /** Whether the work is done: what is left is to wait until every process that has taken part knows it. */
  readonly isDone?: boolean;
  /** Whether it is not to be done any more: what is left is to wait until every process that has taken part knows it. */
  readonly isWithdrawn?: boolean;
}

/** A longer name may be none that a file can have. */
const ID = /^change-[0-9A-Za-z-]{1,64}$/;

/** Whether a name in the folder of collections is that of a change. */
export function isChangeId(text: string): boolean {
  return ID.test(text);
}

/** The repositories that take no changes meanwhile. */
export function namesOf({ name, target }: Pick<RepositoryChange, 'name' | 'target'>): readonly RepositoryName[] {
  return target === undefined ? [name] : [name, target];
}

/** How far a change has come. Each state is a file of its own, since a slow process may write one late. */
export const CHANGE_STATES = ['under-way', 'copied', 'done', 'withdrawn'] as const;
export type ChangeState = (typeof CHANGE_STATES)[number];

/** The number of what was removed or copied. */
export interface ChangeCount {
  readonly tags: number;
  readonly manifests: number;
  /** Those that were removed and cannot come back, because they could not be read; absent for none. */
  readonly unreadable?: number;
}

/** What is announced: the content of the file of a change, which never changes. */
export type Announcement = Omit<RepositoryChange, 'isUnderWay' | 'isCopied' | 'isDone' | 'isWithdrawn'>;

export function formatAnnouncement({ action, name, target, user, announcedAt }: Announcement): Buffer {
  return Buffer.from(JSON.stringify({ action, name, target, user, announcedAt: announcedAt.toISOString() }));
}

/** Reverses {@link formatAnnouncement}; `undefined` for a file that this version does not know. */
export function parseAnnouncement(id: string, bytes: Buffer): Announcement | undefined {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { action, name, target, announcedAt, user } = value as Record<string, unknown>;
  if (!isName(name) || typeof announcedAt !== 'string') return undefined;
  const common = { id, name, announcedAt: new Date(announcedAt), ...(typeof user === 'string' && { user }) };
  if (action === 'delete') return { ...common, action };
  return action === 'rename' && isName(target) ? { ...common, action, target } : undefined;
}

/** The count in the file of a state; `undefined` for one without a count. */
export function parseCount(bytes: Buffer): ChangeCount | undefined {
  const text = bytes.toString();
  return text.startsWith('{') ? (JSON.parse(text) as ChangeCount) : undefined;
}

function isName(value: unknown): value is RepositoryName {
  return typeof value === 'string' && isRepositoryName(value);
}
