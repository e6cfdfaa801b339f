import type { CommandOptions } from '../command.ts';

/** Of commands that can say what they would do. */
export const DRY_RUN = {
  'dry-run': { type: 'boolean', description: 'only report what it would change' },
} as const satisfies CommandOptions;
