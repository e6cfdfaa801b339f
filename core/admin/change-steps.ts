import { Moment } from '../async/moment.ts';
import type { RepositoryChange } from '../storage/changes/repository-change.ts';
import { endedError, withdrawnError } from './change-errors.ts';
import type { CompletionOptions } from './completion.ts';
import type { WorkSteps } from './repository-eraser.ts';

/** How often a change makes sure that it has not been ended by another process, in milliseconds. */
export const CHECK_EVERY_MS = 2_000;
/**
 * How long ago the last check is, in milliseconds, when this process has been suspended or waits for slow calls: other processes
 * may have taken it for gone.
 */
const SUSPENDED_MS = 2 * CHECK_EVERY_MS;

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
  let checking: Promise<void> | undefined;
  const check = async (): Promise<void> => {
    signal.throwIfAborted();
    const askedAt = new Moment();
    const state = await stateOf();
    if (state === 'ended') throw endedError(change);
    if (state !== 'under way') throw withdrawnError(change, 'it was withdrawn');
    checkedAt = askedAt;
  };
  /** Files that are worked on at the same time share one check, and all wait for it. */
  const checkIfOlder = async (ms: number): Promise<void> => {
    if (checkedAt.ageMs < ms) return;
    checking ??= check().finally(() => (checking = undefined));
    await checking;
  };
  const next = async (): Promise<void> => {
    signal.throwIfAborted();
    onStep?.((done += 1));
    await checkIfOlder(CHECK_EVERY_MS);
  };
  const changes = async (): Promise<void> => {
    await checkIfOlder(SUSPENDED_MS);
    onChange();
  };
  return { next, check, changes };
}
