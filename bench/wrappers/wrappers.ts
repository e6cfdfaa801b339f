import type { StorageDriver } from '../../core/driver/index.ts';
import { table } from '../report/table.ts';
import { createSubjects, type Places, type Subject } from './subjects.ts';

/** The duration of one call for each subject, in microseconds; one entry for each round. */
type Samples = Map<Subject, number[]>;

/** An operation that is timed. */
interface Task {
  readonly title: string;
  readonly calls: number;
  readonly run: (driver: StorageDriver, places: Places) => Promise<void>;
}

/** How many short rounds replace each requested one, so that disturbances of the machine hit all subjects. */
const ROUNDS_EACH = 100;

const TASKS: readonly Task[] = [
  { title: 'read 64 MiB', calls: 1, run: (driver, { large }) => drain(driver, large) },
  { title: 'read 4 KiB', calls: 200, run: (driver, { small }) => drain(driver, small) },
  {
    title: 'stat',
    calls: 200,
    run: async (driver, { small }) => void (await driver.stat(small)),
  },
];

/**
 * The cost of the guard and of each wrapper on top of the filesystem driver, without HTTP. In a request they cost a
 * smaller part. The fastest of many short rounds counts, because the machine disturbed it least; the table also has the
 * median duration, and the median of the throughput ratios of the rounds.
 */
export async function measureWrappers(
  folder: string,
  sizes: { readonly largeBytes: number; readonly smallBytes: number },
  rounds: number,
): Promise<string> {
  const { subjects, places } = await createSubjects(folder, sizes);
  const rows: string[][] = [];
  for (const task of TASKS) {
    const samples: Samples = new Map(subjects.map((subject) => [subject, []]));
    // Warms up caches and the compiler.
    for (const { driver } of subjects) await time(task, driver, places);
    for (let round = 0; round < rounds * ROUNDS_EACH; round += 1) {
      for (let turn = 0; turn < subjects.length; turn += 1) {
        const subject = subjects[(round + turn) % subjects.length] as Subject;
        samples.get(subject)?.push(await time(task, subject.driver, places));
      }
    }
    rows.push(...rowsOf(task, subjects, samples));
  }
  for (const { driver } of subjects) await driver[Symbol.asyncDispose]();
  return table(
    ['', '', 'best µs', 'median µs', 'more than bare, best µs', 'of bare throughput, best', 'median round'],
    rows,
  );
}

async function time({ calls, run }: Task, driver: StorageDriver, places: Places): Promise<number> {
  const startedAt = performance.now();
  for (let call = 0; call < calls; call += 1) await run(driver, places);
  return ((performance.now() - startedAt) * 1000) / calls;
}

function rowsOf({ title }: Task, subjects: readonly [Subject, ...Subject[]], samples: Samples): string[][] {
  const bare = samples.get(subjects[0]) ?? [];
  const bareBest = Math.min(...bare);
  return subjects.map((subject) => {
    const own = samples.get(subject) ?? [];
    const best = Math.min(...own);
    const times = [best, medianOf(own), best - bareBest].map((microseconds) => microseconds.toFixed(1));
    // Both durations are from the same round, so a longer disturbance of the machine affects both.
    const shares = own.map((microseconds, round) => (bare[round] ?? Number.NaN) / microseconds);
    return [title, subject.name, ...times, (bareBest / best).toFixed(3), medianOf(shares).toFixed(3)];
  });
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** Reads as the server does: chunk by chunk, and returns the memory of each chunk to the driver. */
async function drain(driver: StorageDriver, path: Places['large']): Promise<void> {
  const stream = await driver.read(path);
  if (stream.whole !== undefined) return;
  for await (const chunk of stream as AsyncIterable<Uint8Array>) stream.recycle?.(chunk);
}
