/**
 * The wait that the header `Retry-After` asks for, in milliseconds (RFC 9110 section 10.2.3): seconds, or a date.
 * @returns `undefined` for a header that is absent or malformed; 0 for a date in the past
 */
export function retryAfterMs(header: string | undefined, now: Date): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1000;
  // Date.parse also accepts many texts that are not HTTP dates, such as -1.
  const date = / GMT$/.test(header) ? Date.parse(header) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(date - now.getTime(), 0);
}
