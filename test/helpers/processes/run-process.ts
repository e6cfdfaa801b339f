import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { WatchedOutput } from '../secrets/watched-output.ts';

/** Where Node keeps compiled code, so that the next process of these tests starts sooner. */
const COMPILE_CACHE = resolve('node_modules/.cache/node');

/** How long a test waits for a text, in milliseconds; the log of a process that keeps writing would never end. */
const MAX_WAIT_MS = 90_000;

/** The result of a process. */
export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process under a test's control. */
export interface Running {
  readonly pid: number;
  readonly signal: (name: NodeJS.Signals) => void;
  /** Waits until the process has written this text to stdout, at most 90 seconds. */
  readonly said: (text: string) => Promise<void>;
  /** Waits until its stderr matches, at most 90 seconds, and returns the match. */
  readonly logged: (pattern: RegExp) => Promise<RegExpExecArray>;
  readonly finished: Promise<Finished>;
}

/** Starts this Node with these arguments; `env` is all of its environment in addition to PATH and the compile cache. */
export function startNode(args: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
  return startProcess(process.execPath, args, { env });
}

/** Starts a program; `env` is all of its environment in addition to PATH and the compile cache. */
export function startProcess(
  program: string,
  args: readonly string[],
  { env, cwd }: { readonly env?: Readonly<Record<string, string>>; readonly cwd?: string } = {},
): Running {
  const { PATH } = process.env;
  const child = spawn(program, args, {
    env: { PATH, NODE_COMPILE_CACHE: COMPILE_CACHE, ...env },
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => void (stdout += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => void (stderr += chunk));
  const outputs = [child.stdout, child.stderr].map((stream, index) => {
    const output = new WatchedOutput(`${['stdout', 'stderr'][index]} of ${[program, ...args].join(' ')}`);
    stream.on('data', (chunk: string) => output.add(chunk));
    return output;
  });
  const closed = once(child, 'close');
  // Also where the test does not wait for its end.
  const checked = closed.then(() => outputs.forEach((output) => output.check()));
  return {
    pid: child.pid ?? 0,
    signal: (name) => void child.kill(name),
    said: async (text) => {
      const wait = waiting(child.stdout, closed);
      while (!stdout.includes(text)) if (!(await wait())) fail(text, stderr);
    },
    logged: async (pattern) => {
      const wait = waiting(child.stderr, closed);
      for (;;) {
        const match = pattern.exec(stderr);
        if (match !== null) return match;
        if (!(await wait())) fail(String(pattern), stderr);
      }
    },
    finished: checked.then(() => ({ code: child.exitCode, stdout, stderr })),
  };
}

/** A function that waits for more output; it resolves with false when there is none, or when the time is over. */
function waiting(output: Readable, closed: Promise<unknown>): () => Promise<boolean> {
  const signal = AbortSignal.timeout(MAX_WAIT_MS);
  return () => {
    const more = once(output, 'data', { signal }).then(
      () => true,
      () => false,
    );
    return Promise.race([more, closed.then(() => false)]);
  };
}

function fail(text: string, stderr: string): never {
  throw new Error(`the process did not say ${JSON.stringify(text)}, or not in time: ${stderr}`);
}
