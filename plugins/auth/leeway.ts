import { z } from 'zod';
import { parseDurationMs } from '../../core/model/units.ts';

const DEFAULT = '60s';
const MAX_MS = 5 * 60_000;

/** The option `leeway`: the allowed difference between the clocks of two servers, in milliseconds. */
export const Leeway = z
  .string('must be a duration such as 60s')
  .transform((text, context) => {
    const ms = parseDurationMs(text);
    if (ms !== undefined && ms >= 0 && ms <= MAX_MS) return ms;
    context.addIssue('must be a duration of 0s to 5m, such as 60s');
    return z.NEVER;
  })
  .prefault(DEFAULT)
  .meta({ public: true });
