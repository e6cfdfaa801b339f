import { mapConcurrently } from '../../core/async/concurrency.ts';
import { settledWithin } from '../../core/async/settled-within.ts';
import { type DoctorCheck, type DoctorFinding, failure, type Severity, worstOf } from './check.ts';
import type { DoctorContext } from './doctor-context.ts';
import { oneLine } from './one-line.ts';
import { Skipped } from './skipped.ts';

/** How many checks run at the same time. */
const CONCURRENCY = 4;
const LIMIT_MS = 30_000;

/** The result of a check. */
export interface CheckResult {
  readonly name: string;
  readonly proves: string;
  /** The worst of the findings. */
  readonly severity: Severity;
  readonly findings: readonly DoctorFinding[];
  readonly durationMs: number;
}

/** How checks are run. */
export interface RunChecksOptions {
  /** No check begins after it aborts. */
  readonly signal: AbortSignal;
  /** Of each check, in milliseconds, where that is less than its own. */
  readonly limitMs?: number | undefined;
}

/**
 * Runs checks, several at the same time, and afterwards one by one those whose figures others would distort. None takes longer
 * than its time limit.
 * @returns a result for each, in their order
 * @throws the reason of the signal, once the running checks have ended
 */
export async function runChecks(
  checks: readonly DoctorCheck[],
  context: DoctorContext,
  options: RunChecksOptions,
): Promise<readonly CheckResult[]> {
  const results = new Map<DoctorCheck, CheckResult>();
  const run = async (check: DoctorCheck): Promise<void> => {
    options.signal.throwIfAborted();
    results.set(check, await runCheck(check, context, options));
  };
  await mapConcurrently(
    checks.filter(({ isAlone = false }) => !isAlone),
    CONCURRENCY,
    run,
  );
  for (const check of checks.filter(({ isAlone = false }) => isAlone)) await run(check);
  options.signal.throwIfAborted();
  return checks.flatMap((check) => results.get(check) ?? []);
}

async function runCheck(
  check: DoctorCheck,
  context: DoctorContext,
  { limitMs = Number.POSITIVE_INFINITY }: RunChecksOptions,
): Promise<CheckResult> {
  const { name, proves } = check;
  const startedAt = performance.now();
  const findings = await findingsOf(check, context, Math.min(limitMs, check.limitMs ?? LIMIT_MS));
  const durationMs = Math.round(performance.now() - startedAt);
  return { name, proves, severity: worstOf(findings.map(({ severity }) => severity)), findings, durationMs };
}

async function findingsOf(
  { run }: DoctorCheck,
  context: DoctorContext,
  limitMs: number,
): Promise<readonly DoctorFinding[]> {
  let findings: readonly DoctorFinding[] = [];
  try {
    // A late check may run until the process ends; nothing waits for it.
    const running = run(context).then((found) => (findings = found));
    if (await settledWithin(running, limitMs)) return findings;
    return [failure(`it did not end within ${limitMs / 1000} s`, 'something that it asks does not answer')];
  } catch (error) {
    if (error instanceof Skipped) return [{ severity: 'skipped', finding: error.message }];
    return [failure(oneLine(error))];
  }
}
