import { z } from 'zod';
import { defineWrapper } from '../define-wrapper.ts';
import { byteSize, durationMs } from '../option-values.ts';
import { RateLimit } from './rate-limit.ts';
import type { ThrottleLimits } from './throttle-limits.ts';
import { ThrottledDriver } from './throttled-driver.ts';
import { Turns } from './turns.ts';

/** Chunks are larger than less would let pass in a sensible time. */
const MIN_BYTES_PER_SECOND = 1024;
const MIN_CALLS_PER_SECOND = 0.1;

const RATES = [
  'callspersecond',
  'readcallspersecond',
  'writecallspersecond',
  'bytespersecond',
  'readbytespersecond',
  'writebytespersecond',
] as const;

const ThrottleOptions = z
  .strictObject({
    callspersecond: callRate('Calls of any kind.'),
    readcallspersecond: callRate(
      'Calls that read: `stat`, `read`, `list`; a list is another call for each 1000 entries.',
    ),
    writecallspersecond: callRate(
      'Calls that change something: `write`, `openWriter`, `append`, `commit`, `cancel`, `move`, `delete`, `prune`.',
    ),
    bytespersecond: byteRate('Bytes in both directions together.'),
    readbytespersecond: byteRate('Bytes that are read.'),
    writebytespersecond: byteRate('Bytes that are written or appended.'),
    maxwait: durationMs().default(10_000).meta({
      public: true,
      value: 'duration',
      default: '10s',
      description: 'A new call of a request that would wait longer for its turn fails at once.',
    }),
  })
  .refine((options) => RATES.some((rate) => options[rate] !== undefined), {
    error: `must set at least one limit: ${RATES.join(', ')}`,
  });

/** `middleware: {storage: [{name: throttle, options: {callspersecond, readbytespersecond, …}}]}`. */
export default defineWrapper({
  name: 'throttle',
  options: ThrottleOptions,
  wrap: (options) => (driver) => new ThrottledDriver(driver, limitsOf(options)),
});

function limitsOf(options: z.infer<typeof ThrottleOptions>): ThrottleLimits {
  const limit = (rate: (typeof RATES)[number]): readonly RateLimit[] => {
    const perSecond = options[rate];
    return perSecond === undefined ? [] : [new RateLimit(perSecond)];
  };
  const [calls, bytes] = [new Turns(), new Turns()];
  const [allCalls, allBytes] = [limit('callspersecond'), limit('bytespersecond')];
  return {
    read: {
      calls: calls.line([...limit('readcallspersecond'), ...allCalls]),
      bytes: bytes.line([...limit('readbytespersecond'), ...allBytes]),
    },
    write: {
      calls: calls.line([...limit('writecallspersecond'), ...allCalls]),
      bytes: bytes.line([...limit('writebytespersecond'), ...allBytes]),
    },
    maxWaitMs: options.maxwait,
  };
}

function callRate(description: string) {
  return z
    .number('must be a number of calls a second, such as 500 or 0.5')
    .min(MIN_CALLS_PER_SECOND, `must be at least ${MIN_CALLS_PER_SECOND}`)
    .optional()
    .meta({ public: true, value: 'number', default: 'no limit', description });
}

function byteRate(description: string) {
  return byteSize(MIN_BYTES_PER_SECOND)
    .optional()
    .meta({ public: true, value: 'size', default: 'no limit', description });
}
