import { casesOf } from './all-cases.ts';
import type { DriverCase, Group } from './driver-case.ts';
import { GUARANTEES, type Guarantee } from './guarantees.ts';
import { proveCase, type StoreSource } from './prove-case.ts';

/** The result of a case. */
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
  /** Called with each result as soon as its case has ended. */
  readonly onResult?: ((result: ProvedCase) => void) | undefined;
}

/**
 * Runs the suite without a test runner.
 * @returns the result of each case, in the order of the cases
 */
export async function proveDriver({
  groups,
  concurrency = 1,
  onResult,
  ...source
}: ProveOptions): Promise<ProvedCase[]> {
  const cases = casesOf(groups);
  const results: ProvedCase[] = [];
  const waiting = cases.entries();
  const work = async (): Promise<void> => {
    for (const [index, driverCase] of waiting) {
      const result = await prove(driverCase, source);
      results[index] = result;
      onResult?.(result);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return results;
}

async function prove(driverCase: DriverCase, source: StoreSource): Promise<ProvedCase> {
  const { group, title, proves } = driverCase;
  const about = { group, title, guarantee: GUARANTEES[proves] };
  const startedAt = performance.now();
  const durationMs = (): number => Math.round(performance.now() - startedAt);
  try {
    const outcome = await proveCase(driverCase, source);
    return { ...about, outcome: outcome === 'kept' ? 'ok' : outcome, durationMs: durationMs() };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { ...about, outcome: 'failed', durationMs: durationMs(), message };
  }
}
