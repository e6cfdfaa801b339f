import { randomInt } from 'node:crypto';
import { z } from 'zod';
import { defineWrapper } from '../define-wrapper.ts';
import { durationMs } from '../option-values.ts';
import { FaultPlan } from './fault-plan.ts';
import { FaultyDriver } from './faulty-driver.ts';

/** What somebody has to write who really means it. */
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
    kind: z.enum(['fail', 'abort', 'slow', 'short']),
    operations: z.array(z.enum(CALLS)).min(1, 'must name at least one operation').optional(),
    path: z.string().default(''),
    probability: z.number().min(0).max(1).default(1),
    nth: z.int().min(1).optional(),
    delay: durationMs().default(1_000),
    code: z.enum(CODES).default('unavailable'),
  })
  .transform(({ delay, ...rule }) => ({ ...rule, delayMs: delay }));

const FaultOptions = z.strictObject({
  allow: z.literal(
    CONSENT,
    `makes the storage fail on purpose and is for tests only; to allow that, it must be "${CONSENT}"`,
  ),
  seed: z.int().min(0).max(0xffffffff).optional(),
  faults: z.array(Rule).default([]),
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
