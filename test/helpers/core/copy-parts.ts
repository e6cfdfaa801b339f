import { guardDriver, type StorageDriver } from '../../../core/driver/index.ts';
import type { ScrubFinding } from '../../../core/scrub/finding.ts';
import type { CopyReport } from '../../../core/storage-copy/copy-report.ts';
import type { CopyObserver, CopyOptions } from '../../../core/storage-copy/copy-session.ts';
import { CopySide } from '../../../core/storage-copy/copy-side.ts';
import { StorageCopy } from '../../../core/storage-copy/storage-copy.ts';
import { contentPath } from '../invariants/broken-rules.ts';
import type { StoredFiles } from '../invariants/stored-files.ts';
import { composeCore } from './core-parts.ts';

/** The two storages of a copy. */
export interface CopiedDrivers {
  readonly source: StorageDriver;
  readonly target: StorageDriver;
}

/** How a test copies. */
export interface CopyRunOptions extends Partial<CopyOptions> {
  readonly signal?: AbortSignal;
  readonly observer?: CopyObserver;
}

/** Copies one storage to another as a process that has just started. */
export async function copied(
  { source, target }: CopiedDrivers,
  { signal = new AbortController().signal, observer = {}, ...options }: CopyRunOptions = {},
): Promise<{ readonly report: CopyReport; readonly found: readonly string[] }> {
  const [from, to] = [source, target].map((driver) => composeCore(guardDriver(driver)).container.get(CopySide));
  if (from === undefined || to === undefined) throw new Error('there are two storages');
  const found: string[] = [];
  const onFinding = ({ code, repository, tag }: ScrubFinding): void =>
    void found.push([code, repository, tag].filter((part) => part !== undefined).join(' '));
  const report = await new StorageCopy({ source: from, target: to }).run(
    {
      dryRun: false,
      verifies: false,
      deletes: false,
      onlyMissing: false,
      bytesPerSecond: Number.POSITIVE_INFINITY,
      concurrency: 4,
      ...options,
    },
    { signal, observer: { ...observer, onFinding } },
  );
  return { report, found: found.sort() };
}

const LAYER = /\/_layers\/(?:sha256|sha512)\/[0-9a-f]+\/link$/;
const REVISION = /\/_manifests\/revisions\/(sha256|sha512)\/([0-9a-f]+)\/link$/;
const CURRENT = /^(.+\/_manifests)\/tags\/[^/]+\/current\/link$/;

/** The paths of links that lead to nothing: to a blob or a manifest without bytes, or to a manifest without a link. */
export function danglingLinks(files: StoredFiles): string[] {
  const leadsToNothing = ([path, bytes]: readonly [string, Buffer]): boolean => {
    const digest = bytes.toString('latin1');
    const has = (): boolean => files.has(contentPath(digest as Parameters<typeof contentPath>[0]));
    if (LAYER.test(path) || REVISION.test(path)) return !has();
    const [, manifests] = CURRENT.exec(path) ?? [];
    if (manifests === undefined) return false;
    return !files.has(`${manifests}/revisions/${digest.replace(':', '/')}/link`) || !has();
  };
  return [...files].filter(leadsToNothing).map(([path]) => path);
}

/** The files that a copy brings to an empty target: everything but links that lead to nothing. */
export function withoutDangling(files: StoredFiles): StoredFiles {
  const dangling = new Set(danglingLinks(files));
  return new Map([...files].filter(([path]) => !dangling.has(path)));
}
