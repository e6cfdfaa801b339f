import type { RunResult } from '../../server/jobs/job-runner.ts';

/** Why a job was not run, or did not complete, and what the operator can do. */
export function reasonNotCompleted(result: Exclude<RunResult, { outcome: 'completed' | 'failed' }>): string {
  switch (result.outcome) {
    case 'aborted':
      return 'was stopped before it completed; "stowage run --resume" continues it';
    case 'cancelled':
      return 'was cancelled by an operator; "stowage run --resume" continues it';
    case 'locked':
      return 'was not run: another process is running it; run it again when that process has finished';
    case 'read-only':
      return 'was not run: the registry is read-only; --dry-run shows what it would change';
    case 'unsupported':
    case 'waiting':
      return `was not run: ${result.reason}`;
    case 'not-due':
      return 'was not run: it is not due';
  }
}
