import { type Digest, isDigest } from '../digest/digest.ts';

/** The pulls of a repository, or of a part of the records. */
export interface RecordedPulls {
  /** The start of the last hour in which each manifest was pulled, in milliseconds since 1970. */
  readonly hours: ReadonlyMap<Digest, number>;
  /** Whether a part of the records cannot be read, so that pulls may be missing. */
  readonly isDamaged: boolean;
}

/** One line: `2026-03-01T09 sha256:…`. */
const LINE = /^(\d{4}-\d{2}-\d{2}T\d{2}) (\S+)$/;
const HOUR_LENGTH = 'yyyy-mm-ddThh'.length;

/** Manifests and the starts of the last hours in which they were pulled, as text. */
export function formatHours(hours: ReadonlyMap<Digest, number>): Buffer {
  const lines = [...hours].map(([digest, ms]) => `${new Date(ms).toISOString().slice(0, HOUR_LENGTH)} ${digest}\n`);
  return Buffer.from(lines.join(''), 'latin1');
}

/** Reads what {@link formatHours} wrote. Other lines are omitted, and the result is damaged. */
export function parseHours(bytes: Buffer): RecordedPulls {
  const hours = new Map<Digest, number>();
  const text = bytes.toString('latin1');
  let isDamaged = text !== '' && !text.endsWith('\n');
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const [, hour = '', digest = ''] = LINE.exec(line) ?? [];
    const ms = Date.parse(`${hour}:00Z`);
    if (Number.isNaN(ms) || !isDigest(digest)) isDamaged = true;
    else hours.set(digest, Math.max(ms, hours.get(digest) ?? ms));
  }
  return { hours, isDamaged };
}
