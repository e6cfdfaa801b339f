import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import type { ExecutionContext } from 'ava';

const running = new Set<ChildProcess>();

// AVA ends a test file that takes too long by SIGTERM, and then no teardown runs.
process.once('exit', () => {
  for (const child of running) child.kill('SIGTERM');
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));

/** A process that serves until the end of its test. */
export interface Daemon {
  /** Its output so far. */
  output(): string;
  /** The first match of `pattern` in what it writes. Rejects when the process ends before. */
  printed(pattern: RegExp): Promise<RegExpMatchArray>;
  /** Whether it is still running. */
  alive(): boolean;
  /** Ends it by SIGTERM; resolves with its exit code. */
  stop(): Promise<number | null>;
}

/** Starts a process that is ended by SIGTERM in the test's teardown; a failed test shows what it wrote. */
export function startDaemon(
  t: ExecutionContext,
  command: string,
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Daemon {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...variables } });
  const events = new EventEmitter<{ output: [] }>();
  let output = '';
  const keep = (text: string) => {
    output += text;
    events.emit('output');
  };
  child.stdout.setEncoding('utf8').on('data', keep);
  child.stderr.setEncoding('utf8').on('data', keep);
  running.add(child);
  const closed = once(child, 'close').finally(() => running.delete(child));
  closed.catch((error: unknown) => keep(String(error)));
  t.teardown(async () => {
    child.kill('SIGTERM');
    await Promise.allSettled([closed]);
    if (!t.passed) t.log(`${command} wrote:\n${output.slice(-5000)}`);
  });
  return {
    output: () => output,
    alive: () => running.has(child),
    stop: async () => {
      child.kill('SIGTERM');
      await closed;
      return child.exitCode;
    },
    printed: async (pattern) => {
      while (true) {
        const match = pattern.exec(output);
        if (match !== null) return match;
        if (!running.has(child)) throw new Error(`${command} ended before it wrote ${String(pattern)}:\n${output}`);
        await Promise.race([once(events, 'output'), closed.catch(() => undefined)]);
      }
    },
  };
}
