import type { LastRun, RunProgress } from '../../core/jobs/last-run.ts';
import type { RunView } from '../../server/administration/run-view.ts';
import { formatSeconds } from '../progress/quantities.ts';

/** What a job has returned: `removed 3, failed 0`. */
export function describeReport(report: object): string {
  return Object.entries(report)
    .map(([name, value]) => `${name} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
    .join(', ');
}

/** How far a run is: `20 of 100 done, about 12 s left`. */
export function progressText({ done, total, secondsLeft }: RunProgress): string {
  const left = secondsLeft === undefined ? '' : `, about ${formatSeconds(secondsLeft)} left`;
  return `${done} of ${total ?? 'an unknown number'} done${left}`;
}

/** When a job ran last, and what came of it. */
export function describeRun(run: LastRun | undefined): string {
  if (run === undefined) return 'none';
  const { startedAtMs, seenAtMs, endedAtMs, outcome, dryRun, report, progress, problem } = run;
  const parts = [
    endedAtMs === undefined
      ? `began ${timeOf(startedAtMs)} and was last seen ${timeOf(seenAtMs)}`
      : `${outcome} ${timeOf(endedAtMs)} after ${(endedAtMs - startedAtMs) / 1000} s`,
    ...(dryRun ? ['dry run'] : []),
    ...(outcome !== 'completed' && progress ? [progressText(progress)] : []),
    ...(report ? [describeReport(report)] : []),
    ...(problem === undefined ? [] : [problem]),
  ];
  return parts.join('; ');
}

/** What a run is that an answer of the admin API describes. */
export function runOf(view: RunView): LastRun {
  const { state, startedAt, seenAt, endedAt, ...run } = view;
  return {
    ...run,
    startedAtMs: Date.parse(startedAt),
    seenAtMs: Date.parse(seenAt),
    ...(endedAt !== undefined && { endedAtMs: Date.parse(endedAt) }),
    ...(state !== 'running' && state !== 'lost' && { outcome: state }),
  };
}

/** A point of time in UTC, to the second. */
export function timeOf(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19)}Z`;
}

/** A duration as configurations write it: `1h30m`. */
export function durationOf(ms: number): string {
  const [hours, minutes, seconds] = [Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60, (ms / 1000) % 60];
  const parts = [hours > 0 && `${hours}h`, minutes > 0 && `${minutes}m`, seconds > 0 && `${seconds}s`];
  return parts.filter((part) => part !== false).join('') || '0s';
}
