/** What the process reports to a running step of loading a plugin. */
export interface RunningStep {
  /** An error without a handler, from a timer or a promise. Any running step may have caused it. */
  readonly strayError: (error: unknown) => void;
  readonly exit: (code: number) => void;
}

const running = new Set<RunningStep>();

const strayError = (error: unknown): void => {
  for (const step of [...running]) step.strayError(error);
};

const exit = (code: number): void => {
  for (const step of running) step.exit(code);
};

/**
 * Reports errors and the exit of the process to a step until the result is disposed. All steps share two listeners, because
 * Node warns of a leak when there are more than ten.
 */
export function whileRunning(step: RunningStep): Disposable {
  if (running.size === 0) {
    process.on('uncaughtException', strayError);
    process.on('exit', exit);
  }
  running.add(step);
  return {
    [Symbol.dispose]: () => {
      if (!running.delete(step) || running.size > 0) return;
      process.off('uncaughtException', strayError);
      process.off('exit', exit);
    },
  };
}
