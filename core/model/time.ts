const TIME = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d))?$/i;

/** What {@link parseTime} reads, for messages. */
export const TIME_EXAMPLE = '2026-11-30, 2026-11-30T09:00Z or 2026-11-30T10:00:00+01:00';

/**
 * A time in the form of RFC 3339, whose seconds may be missing, or a date, which begins in UTC; `undefined` for anything
 * else. A time without an offset means another one on each machine, so it is refused.
 */
export function parseTime(text: string): Date | undefined {
  if (!TIME.test(text)) return undefined;
  const time = new Date(text.toUpperCase());
  return Number.isFinite(time.getTime()) ? time : undefined;
}
