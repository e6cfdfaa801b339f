import type { BigIntStats } from 'node:fs';
import { realpath, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { StoreNote } from '../../core/driver/index.ts';
import { errnoOf } from './errno.ts';
import { type Mount, mountOf, readMounts } from './mounted-on.ts';

/** Below this part of a disk, the next large image may not fit. */
const LOW_PART = 0.05;
const GB = 1e9;
/** An own part of a huge disk can be plenty. */
const PLENTY_BYTES = 100 * GB;
/** Below this, no disk is large enough. */
const LOW_BYTES = GB;

/** Of files that the superuser made on a server that does not trust it. */
const NOBODY = 65_534;
/** The folder that the registry itself makes. */
const OWN_FOLDER = 'docker/registry/v2';

/** What is asked of the system. */
export interface RootFacts {
  readonly statfs: (folder: string) => Promise<Room>;
  readonly mounts: () => Promise<string>;
  /** The user of this process; `undefined` where there are no users. */
  readonly user: number | undefined;
}

/** Of `statfs`. */
export interface Room {
  readonly bsize: number;
  readonly blocks: number;
  readonly bavail: number;
  readonly files: number;
  readonly ffree: number;
}

const SYSTEM: RootFacts = { statfs, mounts: readMounts, user: process.getuid?.() };

/**
 * What an operator should know about the disk of a root that exists. Changes nothing.
 * @param writes whether the registry will write
 * @throws Error when the superuser would write among the files of another user, who then could not change them
 */
export async function diagnoseRoot(
  rootFolder: string,
  { writes }: { readonly writes: boolean },
  facts: RootFacts = SYSTEM,
): Promise<readonly StoreNote[]> {
  if (writes) await requireOwner(rootFolder, facts.user);
  const mount = mountOf(await facts.mounts(), await realpath(rootFolder));
  const room = await facts.statfs(rootFolder);
  const notes = [...spaceNotes(room), ...inodeNotes(room), ...(mount === undefined ? [] : mountNotes(mount, writes))];
  return [...notes, ...(await caseNotes(rootFolder))];
}

async function requireOwner(rootFolder: string, user: number | undefined): Promise<void> {
  if (user !== 0) return;
  const owner = (await stat(join(rootFolder, OWN_FOLDER)).catch(() => undefined))?.uid;
  if (owner === undefined || owner === 0 || owner === NOBODY) return;
  throw new Error(
    `the content belongs to the user ${owner}, and this process is root: the registry could not change what it writes; ` +
      `run it as the user of the registry, such as by setpriv --reuid ${owner}`,
  );
}

function spaceNotes({ bsize, blocks, bavail }: Room): StoreNote[] {
  // A file system that does not track its space reports 0 of 0.
  if (blocks === 0) return [];
  const [free, all] = [bavail * bsize, blocks * bsize];
  const message = `${gigabytes(free)} of ${gigabytes(all)} are free`;
  const isLow = free < LOW_BYTES || (free < PLENTY_BYTES && free < all * LOW_PART);
  if (!isLow) return [{ severity: 'ok', message }];
  return [{ severity: 'warning', message, remedy: 'free space (stowage gc), or enlarge the disk, before pushes fail' }];
}

function inodeNotes({ files, ffree }: Room): StoreNote[] {
  if (files === 0) return [];
  const message = `${ffree} of ${files} files (inodes) are free`;
  if (ffree >= files * LOW_PART) return [{ severity: 'ok', message }];
  const remedy = 'each blob takes two files: collect garbage, or use a file system with more inodes, such as XFS';
  return [{ severity: 'warning', message, remedy }];
}

function mountNotes({ at, type, options }: Mount, writes: boolean): StoreNote[] {
  const on = `the root is on ${type}, mounted at ${at}`;
  const notes: StoreNote[] = [];
  if (writes && options.has('ro')) {
    const remedy = 'mount it with rw, or set storage.maintenance.readonly.enabled';
    notes.push({ severity: 'failure', message: `${on}, is mounted read-only`, remedy });
  }
  const kind = KINDS.find(({ types }) => types.test(type));
  if (kind !== undefined) notes.push(...kind.notes(on, options));
  else notes.push({ severity: 'ok', message: on });
  if (kind?.hasAccessTimes !== false && !options.has('noatime')) {
    const often = options.has('relatime') ? 'at most once a day' : 'each time';
    const remedy = 'mount it with noatime: the registry does not need the times';
    notes.push({
      severity: 'note',
      message: `reading a file also writes the time of its last access, ${often}`,
      remedy,
    });
  }
  return notes;
}

/** File systems with properties that matter to a registry. */
const KINDS: ReadonlyArray<{
  readonly types: RegExp;
  readonly hasAccessTimes: boolean;
  readonly notes: (on: string, options: ReadonlySet<string>) => StoreNote[];
}> = [
  { types: /^nfs4?$/, hasAccessTimes: false, notes: nfsNotes },
  {
    types: /^(?:cifs|smb3|9p|ceph|glusterfs|lustre|fuse(?:\..+)?)$/,
    hasAccessTimes: false,
    notes: (message) => {
      const remedy =
        'compare the figures of storage-speed, and run "stowage driver test filesystem" once on a folder of it';
      return [{ severity: 'note', message: `${message}, which is not a local disk`, remedy }];
    },
  },
  {
    types: /^(?:tmpfs|ramfs)$/,
    hasAccessTimes: false,
    notes: (message) => [
      {
        severity: 'warning',
        message: `${message}: everything is lost when the machine restarts`,
        remedy: 'use a disk',
      },
    ],
  },
  {
    types: /^(?:overlay|aufs)$/,
    hasAccessTimes: false,
    notes: (message) => {
      const remedy = 'mount a volume at rootdirectory';
      return [{ severity: 'warning', message: `${message}: everything is lost with the container`, remedy }];
    },
  },
  {
    types: /^(?:vfat|msdos|exfat)$/,
    hasAccessTimes: false,
    notes: (message) => {
      const remedy = 'use a file system of Linux, such as ext4 or XFS';
      return [{ severity: 'failure', message: `${message}, which takes V1 and v1 for one name`, remedy }];
    },
  },
];

function nfsNotes(message: string, options: ReadonlySet<string>): StoreNote[] {
  const notes: StoreNote[] = [];
  if (!options.has('lookupcache=none')) {
    const remedy = 'mount it with lookupcache=none, see docs/operations/jobs.md';
    const risk = 'this machine remembers for seconds whether a file exists';
    notes.push({ severity: 'warning', message: `${message} without lookupcache=none: ${risk}`, remedy });
  }
  if (options.has('soft')) {
    const remedy = 'mount it with hard';
    notes.push({
      severity: 'warning',
      message: `${message} with soft: writes can be lost when the server is slow`,
      remedy,
    });
  }
  return notes.length > 0 ? notes : [{ severity: 'ok', message }];
}

/** A file system that ignores case finds the folder of the registry under another name. */
async function caseNotes(rootFolder: string): Promise<StoreNote[]> {
  const [own, other] = await Promise.all([find(rootFolder, 'docker'), find(rootFolder, 'DOCKER')]);
  if (own === undefined || other === undefined || own.ino !== other.ino || own.dev !== other.dev) return [];
  const message = 'names that differ in case only are one file, so that the tags V1 and v1 overwrite each other';
  return [{ severity: 'failure', message, remedy: 'use a case-sensitive file system' }];
}

async function find(folder: string, name: string): Promise<BigIntStats | undefined> {
  try {
    return await stat(join(folder, name), { bigint: true });
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}

function gigabytes(bytes: number): string {
  return `${(bytes / GB).toFixed(1)} GB`;
}
