import { casesOf } from './all-cases.ts';
import type { DriverCase, Group } from './driver-case.ts';
import { GUARANTEES, type Guarantee } from './guarantees.ts';
import { proveCase, type StoreSource } from './prove-case.ts';
import { selectCases } from './select-cases.ts';

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
  /** Runs only cases that match one of these: a part of `group: title`, in which `*` stands for any text. Default: all. */
  readonly cases?: readonly string[] | undefined;
  /** Whether to start no further case once one has failed. Default false. */
  readonly bail?: boolean | undefined;
  /** How many cases run at the same time. Default 1. */
  readonly concurrency?: number | undefined;
  /** Called with each result as soon as its case has ended. */
  readonly onResult?: ((result: ProvedCase) => void) | undefined;
}

/**
 * Runs the suite without a test runner.
 * @returns the result of each case that was run, in the order of the cases
 */
export async function proveDriver({
  groups,
  cases = ['*'],
  bail = false,
  concurrency = 1,
  onResult,
  ...source
}: ProveOptions): Promise<ProvedCase[]> {
  const results: (ProvedCase | undefined)[] = [];
  const waiting = selectCases(casesOf(groups), cases).entries();
  let hasFailed = false;
  const work = async (): Promise<void> => {
    for (const [index, driverCase] of waiting) {
      const result = await prove(driverCase, source);
      results[index] = result;
      onResult?.(result);
      hasFailed ||= result.outcome === 'failed';
      if (bail && hasFailed) return;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return results.filter((result) => result !== undefined);
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
