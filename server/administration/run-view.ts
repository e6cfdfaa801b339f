import type { LastRun, RunOutcome, RunProgress } from '../../core/jobs/last-run.ts';
import { isLost } from '../jobs/job-schedule.ts';

/** A run of a job as programs see it. Times are RFC 3339, in UTC. */
export interface RunView {
  /** `lost`: its process has given no sign of life for 15 minutes, so it has died. */
  readonly state: 'running' | 'lost' | RunOutcome;
  readonly dryRun: boolean;
  readonly startedAt: string;
  /** When it last gave a sign of life; that is stored every five seconds. */
  readonly seenAt: string;
  readonly endedAt?: string;
  readonly progress?: RunProgress;
  /** What the job has returned. */
  readonly report?: object;
  /** Why it has failed. */
  readonly problem?: string;
}

/** @param nowMs the time, in milliseconds since 1970 */
export function runView(run: LastRun, nowMs: number): RunView {
  const { startedAtMs, seenAtMs, endedAtMs, outcome, dryRun, progress, report, problem } = run;
  return {
    state: outcome ?? (isLost(run, nowMs) ? 'lost' : 'running'),
    dryRun,
    startedAt: timeOf(startedAtMs),
    seenAt: timeOf(seenAtMs),
    ...(endedAtMs !== undefined && { endedAt: timeOf(endedAtMs) }),
    ...(progress !== undefined && { progress }),
    ...(report !== undefined && { report }),
    ...(problem !== undefined && { problem }),
  };
}

/** A point of time as answers of the admin API have it. */
export function timeOf(atMs: number): string {
  return new Date(atMs).toISOString();
}
