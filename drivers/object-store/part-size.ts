import type { PartRules } from './object-store.ts';

/** Parts keep their first size for this share of the parts that an upload may have, and then grow with the offset. */
const STEADY_SHARE = 0.14;
/** An upload holds two parts, and a driver at most 48 MiB. So 10 000 parts of 10 MiB at first reach 200 GiB. */
const MAX_PART_BYTES = 24 * 1024 * 1024;

/** Where memory is scarce, parts begin with this share of their size, if the service allows it. */
const SCARCE_SHARE = 0.25;

/**
 * The size of the part that begins at `offset`, in bytes.
 * @param isScarce whether uploads hold much memory together
 */
export function partSize(
  { partBytes, minBytes, unitBytes, maxBytes, maxParts }: PartRules,
  offset: number,
  isScarce = false,
): number {
  const least = isScarce ? Math.max(minBytes, wholeUnits(partBytes * SCARCE_SHARE, unitBytes)) : partBytes;
  return Math.max(least, grownPart({ unitBytes, maxBytes, maxParts }, offset));
}

/**
 * The least part that is sent at `offset` when a request ends, in bytes: if small requests made small parts for ever,
 * an upload would run out of them.
 */
export function leastPart(rules: PartRules, offset: number): number {
  return Math.max(rules.minBytes, grownPart(rules, offset));
}

function grownPart(
  { unitBytes, maxBytes, maxParts }: Pick<PartRules, 'unitBytes' | 'maxBytes' | 'maxParts'>,
  offset: number,
): number {
  const grown = offset / Math.floor(maxParts * STEADY_SHARE);
  return wholeUnits(Math.min(grown, maxBytes, MAX_PART_BYTES), unitBytes);
}

function wholeUnits(bytes: number, unitBytes: number): number {
  return bytes - (bytes % unitBytes);
}
