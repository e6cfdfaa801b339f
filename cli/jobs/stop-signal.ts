import { runUntilSignal } from '../run-until-signal.ts';

/** Aborts at the first SIGTERM or SIGINT, so that a run ends between two steps; a second one ends the process. */
export function stopSignal(): AbortSignal {
  const stopping = new AbortController();
  void runUntilSignal({ stop: async () => stopping.abort(new Error('a signal stopped the job')) });
  return stopping.signal;
}
