import type { PartRules } from './object-store.ts';

/** Parts keep their first size for this share of the parts that an upload may have, and then grow with the offset. */
const STEADY_SHARE = 0.14;
/** An upload holds two parts, and a driver at most 48 MiB. So 10 000 parts of 10 MiB at first reach 200 GiB. */
const MAX_PART_BYTES = 24 * 1024 * 1024;

/** The size of the part that begins at `offset`, in bytes. */
export function partSize({ partBytes, unitBytes, maxBytes, maxParts }: PartRules, offset: number): number {
  const grown = offset / Math.floor(maxParts * STEADY_SHARE);
  const wanted = Math.max(partBytes, Math.min(grown, maxBytes, MAX_PART_BYTES));
  return Math.max(partBytes, wanted - (wanted % unitBytes));
}
