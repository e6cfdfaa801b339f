import type { Digest } from '../digest/digest.ts';
import type { RepositoryName, Tag } from '../model/reference.ts';

/** How much a finding matters. */
export type Severity =
  /** Clients do not get something that they should get, or might not. */
  | 'damage'
  /** Nothing is missing for clients. */
  | 'remark';

interface FindingKind {
  readonly severity: Severity;
  /** For the log and for commands: what is wrong, and what to do. */
  readonly text: string;
}

/** Everything that a scrub can find. The set is closed, and a code never changes its meaning. */
export const SCRUB_FINDINGS = {
  'content-damaged': {
    severity: 'damage',
    text: 'the stored bytes do not match their digest; push the content again to repair it',
  },
  'content-unstable': {
    severity: 'damage',
    text: 'the bytes matched their digest only when they were read again; check the disk, the memory and the cables',
  },
  'content-unreadable': {
    severity: 'damage',
    text: 'the bytes cannot be read, so nothing is known about them; nothing was changed',
  },
  'content-quarantined': {
    severity: 'remark',
    text: 'the content is still in quarantine; push it again to repair it',
  },
  'content-restored': {
    severity: 'remark',
    text: 'the content in quarantine matches its digest: a run was interrupted before it could put it back',
  },
  'content-repaired': {
    severity: 'remark',
    text: 'the content was repaired since an earlier run, so its damaged bytes in quarantine are no longer needed',
  },
  'folder-empty': {
    severity: 'remark',
    text: 'the folder of a blob has no content; a crash leaves such folders',
  },
  'manifest-missing': {
    severity: 'damage',
    text: 'the content of a manifest is missing or damaged; push the manifest again to repair it',
  },
  'manifest-link-broken': {
    severity: 'damage',
    text: 'the link of a repository to a manifest is not a digest; unless it was mended, push the manifest again',
  },
  'blob-missing': {
    severity: 'damage',
    text: 'a manifest names a blob that its repository does not have; push the image again to repair it',
  },
  'size-mismatch': {
    severity: 'remark',
    text: 'a manifest states another size than its blob, or a manifest in it, has; clients may reject the image, and only a new one helps',
  },
  'layer-link-broken': {
    severity: 'damage',
    text: 'the link of a repository to a blob is not a digest; unless it was mended, push the image again',
  },
  'layer-link-dangling': {
    severity: 'remark',
    text: 'the link of a repository leads to a blob that is not stored; garbage collection leaves such links',
  },
  'tag-dangling': {
    severity: 'damage',
    text: 'a tag points to a manifest that its repository does not have; push the image again, or delete the tag',
  },
  'tag-link-broken': {
    severity: 'damage',
    text: 'the link of a tag is not a digest; push the tag again',
  },
  'tag-link-missing': {
    severity: 'remark',
    text: 'a tag has no link, so it is listed and cannot be pulled; "stowage run tag-cleanup" removes it',
  },
  'algorithm-unknown': {
    severity: 'damage',
    text: 'digests are by an algorithm that no plugin of the configuration adds, so what they name is not copied',
  },
  'link-unreadable': {
    severity: 'damage',
    text: 'a link or a list of links cannot be read; nothing was changed',
  },
} as const satisfies Readonly<Record<string, FindingKind>>;

/** Why something is reported. */
export type ScrubCode = keyof typeof SCRUB_FINDINGS;

/**
 * What was done about a finding: nothing, also in a dry run; the content moved into quarantine, repaired from a copy, or
 * put back; leftovers removed; a link written again.
 */
export type ScrubAction = 'none' | 'quarantined' | 'repaired' | 'restored' | 'removed' | 'mended';

/** Something that is wrong in the storage. */
export interface ScrubFinding {
  readonly code: ScrubCode;
  readonly action: ScrubAction;
  /** What it is about: content, or what a link names. */
  readonly digest?: Digest;
  /** The manifest that names it. */
  readonly manifest?: Digest;
  readonly repository?: RepositoryName;
  readonly tag?: Tag;
  /** The size of the stored bytes. */
  readonly size?: number;
  /** More about this one, for people. */
  readonly reason?: string;
}

/** How much a finding with this code matters. */
export function severityOf(code: ScrubCode): Severity {
  return SCRUB_FINDINGS[code].severity;
}
