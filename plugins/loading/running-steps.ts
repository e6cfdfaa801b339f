/** What a step of loading a plugin hears from the process while it runs. */
export interface RunningStep {
  /** An error that nothing awaits: of a timer, or of a promise without a handler. Any step may have caused it. */
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
 * Tells a step of errors and of the end of the process until the result is disposed of. All steps share two listeners,
 * because Node takes more than ten for a leak.
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
