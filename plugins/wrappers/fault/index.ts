import { randomInt } from 'node:crypto';
import { z } from 'zod';
import { defineWrapper } from '../define-wrapper.ts';
import { durationMs } from '../option-values.ts';
import { FaultPlan } from './fault-plan.ts';
import { FaultyDriver } from './faulty-driver.ts';

/** The value that the operator must write to confirm the intention. */
const CONSENT = 'I want this registry to fail';

const CALLS = [
  'stat',
  'read',
  'write',
  'openWriter',
  'append',
  'commit',
  'cancel',
  'list',
  'move',
  'delete',
  'redirectUrl',
] as const;

const CODES = ['unavailable', 'not-found', 'conflict', 'no-space', 'denied', 'not-supported', 'aborted'] as const;

const Rule = z
  .strictObject({
    kind: z.enum(['fail', 'abort', 'slow', 'short']).meta({
      public: true,
      value: '`fail`, `abort`, `slow` or `short`',
      description:
        '`fail`: without effect, with `code`; `abort`: as if the client had disconnected; `slow`: begins `delay` later; `short`: ' +
        'a stream or the body of an append breaks off in the middle with `code` (other calls fail).',
    }),
    operations: z
      .array(z.enum(CALLS))
      .min(1, 'must name at least one operation')
      .optional()
      .meta({ public: true, value: `list of ${words(CALLS)}`, default: 'all', description: 'The calls that fail.' }),
    path: z
      .string()
      .default('')
      .meta({ public: true, value: 'path', description: 'Only calls whose storage path begins with this.' }),
    probability: z
      .number()
      .min(0)
      .max(1)
      .default(1)
      .meta({ public: true, value: '0 to 1', description: 'The probability that a matching call fails.' }),
    nth: z.int().min(1).optional().meta({
      public: true,
      value: 'number',
      default: 'each',
      description: 'Only the n-th matching call, counted from 1.',
    }),
    delay: durationMs()
      .default(1_000)
      .meta({ public: true, value: 'duration', default: '1s', description: 'The delay of `slow`.' }),
    code: z
      .enum(CODES)
      .default('unavailable')
      .meta({ public: true, value: `one of ${words(CODES)}`, description: 'How the call fails.' }),
  })
  .transform(({ delay, ...rule }) => ({ ...rule, delayMs: delay }));

const FaultOptions = z.strictObject({
  allow: z
    .literal(
      CONSENT,
      `this makes the storage fail on purpose and is for tests only; to allow it, the value must be "${CONSENT}"`,
    )
    .meta({
      public: true,
      value: `\`${CONSENT}\``,
      description: 'The confirmation without which the wrapper does not load.',
    }),
  seed: z.int().min(0).max(0xffffffff).optional().meta({
    public: true,
    value: '0 to 4294967295',
    default: 'random',
    description: 'The same seed and order of calls produce the same faults; the warning at the start shows it.',
  }),
  faults: z
    .array(Rule)
    .default([])
    .meta({ public: true, value: 'list of rules', description: 'The first rule that applies to a call decides.' }),
});

/** `middleware: {storage: [{name: fault, options: {allow, seed, faults}}]}`. */
export default defineWrapper({
  name: 'fault',
  options: FaultOptions,
  wrap:
    ({ seed = randomInt(2 ** 32), faults }, { warn }) =>
    (driver) => {
      warn(`fault: the storage fails on purpose, by ${faults.length} rules with the seed ${seed}`, { seed });
      return new FaultyDriver(driver, new FaultPlan(faults, seed));
    },
});

function words(all: readonly string[]): string {
  return all.map((word) => `\`${word}\``).join(', ');
}
