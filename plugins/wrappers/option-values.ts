import { z } from 'zod';
import { parseBytes, parseDurationMs } from '../../core/model/units.ts';

/** Bytes, as everywhere in the configuration: an integer, or a number with a unit (`10GiB`, `4MB`). */
export function byteSize(minBytes = 1): z.ZodType<number, unknown> {
  return z.unknown().transform((value, context) => {
    const bytes = typeof value === 'number' || typeof value === 'string' ? parseBytes(String(value)) : undefined;
    if (bytes !== undefined && bytes >= minBytes) return bytes;
    return refuse(context, value, `must be a size of at least ${minBytes} such as 10GiB, 512MB or 4194304`);
  });
}

/**
 * Milliseconds, as everywhere in the configuration: a duration such as `30s` or `1h30m`; a bare number is in
 * nanoseconds.
 */
export function durationMs(): z.ZodType<number, unknown> {
  return z.unknown().transform((value, context) => {
    const ms = typeof value === 'number' ? value / 1e6 : parseDurationMs(typeof value === 'string' ? value : '');
    if (ms !== undefined && ms >= 0) return ms;
    return refuse(context, value, 'must be a duration such as 30s, 1h30m or 300ms');
  });
}

function refuse(context: z.RefinementCtx, value: unknown, message: string): never {
  const found = value === undefined ? 'nothing' : JSON.stringify(value);
  context.addIssue({ code: 'custom', message: `${message}, found ${found}` });
  return z.NEVER;
}
