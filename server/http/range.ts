/** A part of a blob: 0-based, end exclusive, at least one byte. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * How many ranges a request may have: podman asks for up to 1024 parts of a zstd:chunked layer at once
 * (containers/storage, `maxNumberMissingChunks`).
 */
export const MAX_RANGES = 1024;

const RANGE_SET = /^bytes=(.*)$/i;
const RANGE_SPEC = /^(?:([0-9]+)-([0-9]*)|-([0-9]+))$/;

/**
 * Parses a `Range` header (RFC 9110 section 14).
 * @param size of the blob
 * @returns the ranges that can be satisfied, clipped to the size, in the order of the request and not merged;
 * `unsatisfiable` when there are none or when one ends before it starts; `undefined` when the header has to be ignored and
 * the whole blob sent: another unit, a malformed header, more than {@link MAX_RANGES}, more bytes than the blob has, or an
 * empty blob
 */
export function parseRange(
  header: string,
  size: number,
): readonly [ByteRange, ...ByteRange[]] | 'unsatisfiable' | undefined {
  const set = RANGE_SET.exec(header)?.[1];
  if (set === undefined) return undefined;
  const specs = set.split(',').map((spec) => spec.trim());
  const given = specs.filter((spec) => spec !== '');
  if (given.length === 0 || given.length > MAX_RANGES) return undefined;

  const asked = given.map((spec) => parseSpec(spec, size));
  if (asked.includes('malformed')) return undefined;
  if (asked.includes('reversed')) return 'unsatisfiable';
  const [first, ...others] = asked.filter((range) => typeof range === 'object');
  // No range of an empty blob can be satisfied; Go's servers then send the whole blob, and clients expect that.
  if (first === undefined) return size === 0 ? undefined : 'unsatisfiable';
  // Overlapping ranges would make the registry send more than the blob has (RFC 9110 section 17.15).
  const bytes = others.reduce((sum, { start, end }) => sum + end - start, first.end - first.start);
  return bytes > size ? undefined : [first, ...others];
}

function parseSpec(spec: string, size: number): ByteRange | 'malformed' | 'reversed' | 'unsatisfiable' {
  const match = RANGE_SPEC.exec(spec);
  if (match === null) return 'malformed';
  const [, first, last, suffix] = match;
  const start = suffix === undefined ? Number(first) : Math.max(size - Number(suffix), 0);
  const end = last === undefined || last === '' ? size : Number(last) + 1;
  if (first !== undefined && last !== '' && end <= start) return 'reversed';
  return start < size ? { start, end: Math.min(end, size) } : 'unsatisfiable';
}
