import { z } from 'zod';
import { defineWrapper } from '../define-wrapper.ts';
import { byteSize } from '../option-values.ts';
import { RateLimit } from './rate-limit.ts';
import type { ThrottleLimits } from './throttle-limits.ts';
import { ThrottledDriver } from './throttled-driver.ts';

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
    callspersecond: calls('Calls of any kind.'),
    readcallspersecond: calls('Calls that read: `stat`, `read`, `list`; a list is another call for each 1000 entries.'),
    writecallspersecond: calls(
      'Calls that change something: `write`, `openWriter`, `append`, `commit`, `cancel`, `move`, `delete`, `prune`.',
    ),
    bytespersecond: bytes('Bytes in both directions together.'),
    readbytespersecond: bytes('Bytes that are read.'),
    writebytespersecond: bytes('Bytes that are written or appended.'),
    maxwaiting: z.int('must be a whole number of at least 1').min(1).default(10_000).meta({
      public: true,
      value: 'number',
      description: 'How many calls, or chunks of streams, may wait for one limit; while so many wait, new calls fail.',
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
  const [allCalls, allBytes] = [limit('callspersecond'), limit('bytespersecond')];
  return {
    read: {
      calls: [...limit('readcallspersecond'), ...allCalls],
      bytes: [...limit('readbytespersecond'), ...allBytes],
    },
    write: {
      calls: [...limit('writecallspersecond'), ...allCalls],
      bytes: [...limit('writebytespersecond'), ...allBytes],
    },
    maxWaiting: options.maxwaiting,
  };
}

function calls(description: string) {
  return z
    .number('must be a number of calls a second, such as 500 or 0.5')
    .positive('must be more than 0')
    .optional()
    .meta({ public: true, value: 'number', default: 'no limit', description });
}

function bytes(description: string) {
  return byteSize().optional().meta({ public: true, value: 'size', default: 'no limit', description });
}
