import { formatBytes } from '../../core/model/units.ts';
import { formatSeconds } from './quantities.ts';
import type { BlobState, TransferTotals } from './transfer-state.ts';

const MIN_BAR = 10;
const MAX_BAR = 30;
const SHORT_DIGEST = 12;
const GAP = '  ';

const OUTCOMES: Readonly<Record<Exclude<BlobState['status'], 'failed'>, string>> = {
  queued: 'waits',
  running: 'is moved',
  exists: 'exists',
  mounted: 'mounted',
  copied: 'copied',
  external: 'external, not copied',
  planned: 'would be copied',
};

/** The line of a blob that is being moved, at most so many characters wide. What does not fit is left out as a whole. */
export function runningLine(blob: BlobState, columns: number): string {
  const share = blob.size === 0 ? 1 : Math.min(1, blob.bytes / blob.size);
  const name = shortDigest(blob.digest);
  const rest = fitting(
    [
      `${String(Math.floor(share * 100)).padStart(3)} %`,
      `${formatBytes(blob.bytes)}/${formatBytes(blob.size)}`,
      ...(blob.rate === undefined ? [] : [`${formatBytes(blob.rate)}/s`]),
      ...(blob.rate === undefined || blob.rate <= 0
        ? []
        : [`${formatSeconds((blob.size - blob.bytes) / blob.rate)} left`]),
      ...(blob.resumedAt === undefined ? [] : [`resumed at ${formatBytes(blob.resumedAt)}`]),
    ],
    { gap: GAP, columns: columns - name.length - GAP.length },
  );
  const room = columns - name.length - rest.length - '  []  '.length;
  const bar = room < MIN_BAR ? '' : `[${barOf(share, Math.min(room, MAX_BAR))}]${GAP}`;
  return `${name}${GAP}${bar}${rest}`.slice(0, columns);
}

/** The line of a blob that needs nothing any more, or has not come to its end. */
export function outcomeLine(blob: BlobState): string {
  // Also of one that is ended because another one has failed; the command says what the reason is.
  if (blob.status === 'failed')
    return `${shortDigest(blob.digest)}  stopped at ${formatBytes(blob.bytes)} of ${formatBytes(blob.size)}`;
  const resumed = blob.resumedAt === undefined ? '' : `, resumed at ${formatBytes(blob.resumedAt)}`;
  return `${shortDigest(blob.digest)}  ${OUTCOMES[blob.status]}  ${formatBytes(blob.size)}${resumed}`;
}

/** How everything together is doing. In a narrow window the numbers of bytes are left out first. */
export function totalsLine(
  { blobs, done, size, bytes, rate, left }: TransferTotals,
  columns = Number.POSITIVE_INFINITY,
): string {
  const share = size === 0 ? 100 : Math.floor((100 * bytes) / size);
  const speed = [
    ...(rate === undefined ? [] : [`${formatBytes(rate)}/s`]),
    ...(left === undefined || bytes >= size ? [] : [`${formatSeconds(left)} left`]),
  ];
  const amount = `${formatBytes(bytes)} of ${formatBytes(size)} (${share} %)`;
  const whole = [`${done} of ${blobs} blobs`, amount, ...speed].join(', ');
  if (whole.length <= columns) return whole;
  return fitting([`${share} %`, `${done}/${blobs} blobs`, ...speed.reverse()], { gap: ', ', columns });
}

/** So many of the first parts as there is room for; at least one, cut if need be. */
function fitting(
  parts: readonly string[],
  { gap, columns }: { readonly gap: string; readonly columns: number },
): string {
  let line = '';
  for (const part of parts) {
    const longer = line === '' ? part : `${line}${gap}${part}`;
    if (longer.length > columns && line !== '') break;
    line = longer;
  }
  return line.slice(0, Math.max(0, columns));
}

/** The beginning of a digest, by which people know it. */
export function shortDigest(digest: string): string {
  return digest.slice(digest.indexOf(':') + 1).slice(0, SHORT_DIGEST);
}

function barOf(share: number, width: number): string {
  const filled = Math.floor(share * width);
  return `${'='.repeat(filled)}${filled < width ? '>' : ''}`.padEnd(width);
}
