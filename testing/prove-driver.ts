import { casesOf } from './all-cases.ts';
import type { DriverCase, Group } from './driver-case.ts';
import { GUARANTEES, type Guarantee } from './guarantees.ts';
import { proveCase, type StoreSource } from './prove-case.ts';

const CASE_LIMIT_MS = 5 * 60_000;
const LARGE_CASE_LIMIT_MS = 60 * 60_000;

/** What became of a case. */
export interface ProvedCase {
  readonly group: Group;
  readonly title: string;
  readonly guarantee: Guarantee;
  readonly outcome: 'ok' | 'failed' | 'not demanded';
  readonly durationMs: number;
  /** Why it failed. */
  readonly message?: string;
}

export interface ProveOptions extends StoreSource {
  /** Default: all but `large`. */
  readonly groups?: readonly Group[] | undefined;
  /** How many cases run at the same time. Default 1. */
  readonly concurrency?: number | undefined;
  /** After which time a case has failed, in milliseconds. Default: five minutes, for a large one an hour. */
  readonly caseLimitMs?: number | undefined;
  /** Told of each case when it has ended. */
  readonly onResult?: ((result: ProvedCase) => void) | undefined;
}

/**
 * Runs the suite without a test runner.
 * @returns what became of each case, in the order of the cases
 */
export async function proveDriver({
  groups,
  concurrency = 1,
  onResult,
  caseLimitMs,
  ...source
}: ProveOptions): Promise<ProvedCase[]> {
  const cases = casesOf(groups);
  const results: ProvedCase[] = [];
  const waiting = cases.entries();
  const work = async (): Promise<void> => {
    for (const [index, driverCase] of waiting) {
      const limitMs = caseLimitMs ?? (driverCase.group === 'large' ? LARGE_CASE_LIMIT_MS : CASE_LIMIT_MS);
      const result = await prove(driverCase, source, limitMs);
      results[index] = result;
      onResult?.(result);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return results;
}

async function prove(driverCase: DriverCase, source: StoreSource, limitMs: number): Promise<ProvedCase> {
  const { group, title, proves } = driverCase;
  const about = { group, title, guarantee: GUARANTEES[proves] };
  const startedAt = performance.now();
  const durationMs = (): number => Math.round(performance.now() - startedAt);
  try {
    const outcome = await withinLimit(proveCase(driverCase, source), limitMs);
    return { ...about, outcome: outcome === 'kept' ? 'ok' : outcome, durationMs: durationMs() };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { ...about, outcome: 'failed', durationMs: durationMs(), message };
  }
}

async function withinLimit<Result>(action: Promise<Result>, limitMs: number): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it did not end within ${limitMs / 1000} s`)), limitMs);
  });
  try {
    return await Promise.race([action, late]);
  } finally {
    clearTimeout(timer);
  }
}
