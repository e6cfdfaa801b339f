import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import type { GarbageCollectionReport } from '../../../core/jobs/garbage-collection.ts';
import type { RetentionReport } from '../../../core/jobs/retention.ts';
import type { ScrubReport } from '../../../core/scrub/scrub-tally.ts';

const PROGRAM = fileURLToPath(new URL('job-program.js', import.meta.url));

/** What the process is asked for. */
export type JobOrder =
  /** Ends the grace of the collection, and begins the other jobs; kills itself after so many storage calls. */
  | { readonly kind: 'resume'; readonly diesAfter: number | undefined }
  | { readonly kind: 'undelete'; readonly id: number; readonly repository: string; readonly tag: string };

/** What the process says. */
export type JobAnswer =
  /** The candidates of a collection are published. */
  | { readonly kind: 'waiting' }
  | { readonly kind: 'collected'; readonly report: GarbageCollectionReport }
  | { readonly kind: 'retained'; readonly report: RetentionReport }
  | { readonly kind: 'scrubbed'; readonly report: ScrubReport }
  | { readonly kind: 'undeleted'; readonly id: number; readonly problem: string | undefined };

/** How the process works. */
export interface JobProcessOptions {
  /** How long deletions can be undone, in milliseconds; 0: not at all. */
  readonly keepMs: number;
  /** Whether it resumes the collection of a process that was killed. */
  readonly resumes: boolean;
  readonly onAnswer: (answer: JobAnswer) => void;
}

/** A process that collects garbage, removes tags by rules, scrubs, and undoes deletions. */
export interface JobProcess {
  /** Whether a collection waits for the end of its grace. */
  readonly isWaiting: boolean;
  readonly hasEnded: boolean;
  /** Resolves when a collection is complete, or the process has ended. */
  collected(): Promise<void>;
  resume(diesAfter: number | undefined): void;
  /** Resolves with why the deletion could not be undone; with `'killed'` if the process ended before it was known. */
  undelete(repository: string, tag: string): Promise<string | undefined>;
  /** Ends it as a power cut would, and waits until it is gone. */
  kill(): Promise<void>;
}

/** Starts the process on a root of the filesystem driver. */
export function startJobs(
  t: ExecutionContext,
  root: string,
  { keepMs, resumes, onAnswer }: JobProcessOptions,
): JobProcess {
  const child = fork(PROGRAM, [root, String(keepMs), String(resumes)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const ended = once(child, 'close').then(() => {
    if (child.signalCode !== 'SIGKILL') throw new Error(`the jobs ended with ${child.exitCode ?? child.signalCode}`);
  });
  const undeleting = new Map<number, (problem: string | undefined) => void>();
  let isWaiting = false;
  let collected = Promise.withResolvers<void>();
  child.on('message', (answer: JobAnswer) => {
    if (answer.kind === 'waiting') isWaiting = true;
    if (answer.kind === 'collected') {
      collected.resolve();
      collected = Promise.withResolvers();
    }
    if (answer.kind === 'undeleted') undeleting.get(answer.id)?.(answer.problem);
    onAnswer(answer);
  });
  const order = (given: JobOrder): void => void (child.connected && child.send(given, () => undefined));
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  t.teardown(kill);
  let id = 0;
  return {
    get isWaiting() {
      return isWaiting;
    },
    get hasEnded() {
      return child.exitCode !== null || child.signalCode !== null;
    },
    collected: () => Promise.race([collected.promise, ended]),
    resume: (diesAfter) => {
      isWaiting = false;
      order({ kind: 'resume', diesAfter });
    },
    undelete: async (repository, tag) => {
      const answered = Promise.withResolvers<string | undefined>();
      id += 1;
      undeleting.set(id, answered.resolve);
      order({ kind: 'undelete', id, repository, tag });
      return Promise.race([answered.promise, ended.then(() => 'killed')]);
    },
    kill,
  };
}
