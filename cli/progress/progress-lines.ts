import { formatBytes, formatSeconds } from './quantities.ts';
import type { BlobState, TransferTotals } from './transfer-state.ts';

const MIN_BAR = 10;
const MAX_BAR = 30;
const SHORT_DIGEST = 12;

const OUTCOMES: Readonly<Record<BlobState['status'], string>> = {
  queued: 'waits',
  running: 'is moved',
  failed: 'failed',
  exists: 'exists',
  mounted: 'mounted',
  copied: 'copied',
  external: 'external, not copied',
  planned: 'would be copied',
};

/** The line of a blob that is being moved, at most so many characters wide. */
export function runningLine(blob: BlobState, columns: number): string {
  const share = blob.size === 0 ? 1 : Math.min(1, blob.bytes / blob.size);
  const rest = [
    `${String(Math.floor(share * 100)).padStart(3)} %`,
    `${formatBytes(blob.bytes)}/${formatBytes(blob.size)}`,
    ...(blob.rate === undefined ? [] : [`${formatBytes(blob.rate)}/s`]),
    ...(blob.rate === undefined || blob.rate <= 0
      ? []
      : [`${formatSeconds((blob.size - blob.bytes) / blob.rate)} left`]),
    ...(blob.resumedAt === undefined ? [] : [`resumed at ${formatBytes(blob.resumedAt)}`]),
  ].join('  ');
  const name = shortDigest(blob.digest);
  const room = columns - name.length - rest.length - '  []  '.length;
  const bar = room < MIN_BAR ? '' : `[${barOf(share, Math.min(room, MAX_BAR))}]  `;
  return `${name}  ${bar}${rest}`.slice(0, columns);
}

/** The line of a blob that needs nothing any more, or has failed. */
export function outcomeLine(blob: BlobState): string {
  const resumed = blob.resumedAt === undefined ? '' : `, resumed at ${formatBytes(blob.resumedAt)}`;
  return `${shortDigest(blob.digest)}  ${OUTCOMES[blob.status]}  ${formatBytes(blob.size)}${resumed}`;
}

/** How everything together is doing. */
export function totalsLine({ blobs, done, size, bytes, rate, left }: TransferTotals): string {
  const share = size === 0 ? 100 : Math.floor((100 * bytes) / size);
  return [
    `${done} of ${blobs} blobs`,
    `${formatBytes(bytes)} of ${formatBytes(size)} (${share} %)`,
    ...(rate === undefined ? [] : [`${formatBytes(rate)}/s`]),
    ...(left === undefined || bytes >= size ? [] : [`${formatSeconds(left)} left`]),
  ].join(', ');
}

/** The beginning of a digest, by which people know it. */
export function shortDigest(digest: string): string {
  return digest.slice(digest.indexOf(':') + 1).slice(0, SHORT_DIGEST);
}

function barOf(share: number, width: number): string {
  const filled = Math.floor(share * width);
  return `${'='.repeat(filled)}${filled < width ? '>' : ''}`.padEnd(width);
}
