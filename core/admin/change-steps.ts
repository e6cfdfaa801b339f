import { Moment } from '../async/moment.ts';
import { RegistryError } from '../model/errors.ts';
import type { RepositoryChange } from '../storage/changes/repository-change.ts';
import { withdrawnError } from './change-errors.ts';
import type { CompletionOptions } from './completion.ts';
import type { WorkSteps } from './repository-eraser.ts';

/** How often a change makes sure that it has not been ended by another process, in milliseconds. */
export const CHECK_EVERY_MS = 2_000;

/** How far a change has come, as other processes see it. */
export type ChangeProgress = 'announced' | 'under way' | 'withdrawn' | 'ended';

/** What the steps of a change work with. */
export interface ChangeStepsOptions extends CompletionOptions {
  readonly stateOf: () => Promise<ChangeProgress>;
  /** Called before anything is removed or copied. */
  readonly onChange: () => void;
}

/** Stops the work soon after the signal aborts, or another process has ended the change. */
export function changeSteps(
  change: RepositoryChange,
  { signal, onStep, stateOf, onChange }: ChangeStepsOptions,
): WorkSteps {
  let done = 0;
  let checkedAt = new Moment();
  const check = async (): Promise<void> => {
    signal.throwIfAborted();
    checkedAt = new Moment();
    const state = await stateOf();
    if (state === 'ended')
      throw new RegistryError('STATE_CONFLICT', {
        name: change.name,
        reason: 'another process has completed the change',
      });
    if (state !== 'under way') throw withdrawnError(change, 'it was withdrawn');
  };
  const next = async (): Promise<void> => {
    signal.throwIfAborted();
    onStep?.((done += 1));
    if (checkedAt.ageMs >= CHECK_EVERY_MS) await check();
  };
  return { next, check, changes: onChange };
}
