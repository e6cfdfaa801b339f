import type { CommandOptions } from '../command.ts';
import { UsageError } from '../usage-error.ts';
import { givenNumber } from './given-transfer.ts';
import { DRY_RUN } from './shared-options.ts';

const MAX_CALLS_PER_SECOND = 1_000_000;

/** Of commands that run a job. */
export const RUN = {
  ...DRY_RUN,
  resume: { type: 'boolean', description: 'resume an earlier run that was stopped, instead of starting over' },
} as const satisfies CommandOptions;

/** Of commands that run a job with a limit of its calls. */
export const CALL_RATE = {
  'call-rate': {
    type: 'string',
    value: 'n',
    description:
      'how many calls to the storage to make each second at most, instead of the configured number; 0: as many as it can',
    completes: 'none',
  },
} as const satisfies CommandOptions;

/** How a job is run. */
export interface GivenRun {
  readonly dryRun: boolean;
  /** Whether it resumes the work of an earlier run that has not completed. */
  readonly resumes?: true;
}

/**
 * How a job is run, as the options say.
 * @throws UsageError
 */
export function givenRun(values: {
  readonly 'dry-run'?: boolean | undefined;
  readonly resume?: boolean | undefined;
}): GivenRun {
  const { 'dry-run': dryRun = false, resume = false } = values;
  if (dryRun && resume)
    throw new UsageError('--resume and --dry-run exclude each other: a dry run always looks at everything');
  return { dryRun, ...(resume && { resumes: true }) };
}

/**
 * The limit of the calls, if one was given.
 * @throws UsageError
 */
export function givenCallRate({ 'call-rate': text }: { readonly 'call-rate'?: string | undefined }): {
  readonly callRate?: number;
} {
  const callRate = givenNumber('call-rate', text, { min: 0, max: MAX_CALLS_PER_SECOND });
  return callRate === undefined ? {} : { callRate };
}
