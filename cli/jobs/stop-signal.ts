import { stopOnSignal } from '../run-until-signal.ts';

/** A signal that signals of the system abort. */
export interface StopSignal extends Disposable {
  readonly signal: AbortSignal;
}

/**
 * Aborts at the first SIGTERM or SIGINT, so that a run ends between two steps; a second one ends the process. Disposed,
 * it leaves them to the system again.
 */
export function stopSignal(): StopSignal {
  const stopping = new AbortController();
  const listening = stopOnSignal(() => stopping.abort(new Error('a signal stopped the job')));
  return { signal: stopping.signal, [Symbol.dispose]: () => listening[Symbol.dispose]() };
}
