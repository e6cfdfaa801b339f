import { isIP } from 'node:net';

const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:\d{2})$/;

/** An IP address; `undefined` for anything else. */
export function parseAddress(text: string): string | undefined {
  return isIP(text) === 0 ? undefined : text;
}

/** Milliseconds since 1970 of a time with its zone, such as `2026-01-05T09:00:00Z`; `undefined` for anything else. */
export function parseTime(text: string): number | undefined {
  const ms = TIME.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}
