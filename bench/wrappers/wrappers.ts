import type { StorageDriver } from '../../core/driver/index.ts';
import { table } from '../report/table.ts';
import { createSubjects, type Places, type Subject } from './subjects.ts';

/** What one subject took for one call, in microseconds; one entry for each round. */
type Samples = Map<Subject, number[]>;

/** One thing that is timed. */
interface Task {
  readonly title: string;
  readonly calls: number;
  readonly run: (driver: StorageDriver, places: Places) => Promise<void>;
}

/** Rounds for each one that the caller asks for: short ones, so that all subjects meet the same disturbances. */
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
 * What the guard and one wrapper cost on top of the filesystem driver, without HTTP: that is more than they can cost in
 * a request. Of many short rounds the fastest counts, in which the machine disturbed least; beside it stand the median, and
 * the median of what each round says of the throughput.
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
    // Fills caches, and lets the compiler see the code.
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
    // Those of one round follow each other, so that what disturbs the machine for longer strikes both.
    const shares = own.map((microseconds, round) => (bare[round] ?? Number.NaN) / microseconds);
    return [title, subject.name, ...times, (bareBest / best).toFixed(3), medianOf(shares).toFixed(3)];
  });
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** As the server does: chunk after chunk, whose memory goes back to the driver. */
async function drain(driver: StorageDriver, path: Places['large']): Promise<void> {
  const stream = await driver.read(path);
  if (stream.whole !== undefined) return;
  for await (const chunk of stream as AsyncIterable<Uint8Array>) stream.recycle?.(chunk);
}
