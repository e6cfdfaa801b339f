const OUTCOMES = ['completed', 'failed', 'aborted', 'cancelled'] as const;

/**
 * How a run ended: with success, with an error, because its process stopped it, or because an operator cancelled it. What was
 * aborted is run again at once.
 */
export type RunOutcome = (typeof OUTCOMES)[number];

/** How far a run is, in whatever unit the job counts. */
export interface RunProgress {
  readonly done: number;
  readonly total?: number | undefined;
  /** The estimated number of seconds until it ends; absent while too little is done. */
  readonly secondsLeft?: number | undefined;
}

/** The newest run of a job in the whole cluster. Times are milliseconds since 1970. */
export interface LastRun {
  readonly startedAtMs: number;
  /** When the run last gave a sign of life. */
  readonly seenAtMs: number;
  /** Absent together with the outcome: the run is in progress, or its process has died. */
  readonly endedAtMs?: number | undefined;
  readonly outcome?: RunOutcome | undefined;
  readonly dryRun: boolean;
  /** How far the run was when it was last seen. */
  readonly progress?: RunProgress | undefined;
  /** The report that the job returned. */
  readonly report?: object | undefined;
  /** The message of the error with which it failed. */
  readonly problem?: string | undefined;
  /** When a run last completed: this one or an earlier one. */
  readonly succeededAtMs?: number | undefined;
}

/** Reads a stored {@link LastRun}; `undefined` when `value` does not describe a run. */
export function parseLastRun(value: unknown): LastRun | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { startedAtMs, seenAtMs, dryRun, ...rest } = value as Partial<Record<keyof LastRun, unknown>>;
  if (!isTime(startedAtMs) || !isTime(seenAtMs)) return undefined;
  const { endedAtMs, outcome, progress, report, problem, succeededAtMs } = rest;
  const ended = OUTCOMES.find((known) => known === outcome);
  return {
    startedAtMs,
    seenAtMs,
    dryRun: dryRun === true,
    ...(isTime(endedAtMs) && ended !== undefined && { endedAtMs, outcome: ended }),
    ...(isProgress(progress) && { progress }),
    ...(typeof report === 'object' && report !== null && { report }),
    ...(typeof problem === 'string' && { problem }),
    ...(isTime(succeededAtMs) && { succeededAtMs }),
  };
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function isProgress(value: unknown): value is RunProgress {
  if (typeof value !== 'object' || value === null) return false;
  const { done, total, secondsLeft } = value as Record<string, unknown>;
  return isTime(done) && [total, secondsLeft].every((each) => each === undefined || isTime(each));
}
