import { constants } from 'node:os';
import { stopOnSignal } from '../run-until-signal.ts';
import { ClientFailure } from './client-failure.ts';

/** A signal that SIGTERM and SIGINT abort. */
export interface StoppableSignal extends Disposable {
  readonly signal: AbortSignal;
}

/**
 * Aborts at the first SIGTERM or SIGINT, so that transfers end and keep what they have; a second one ends the process.
 * The reason is a failure with the exit code of the signal. Disposed, it leaves signals to the system again.
 * @param note what becomes of what was done until then, for the message; absent where nothing does
 */
export function stoppable(note?: string): StoppableSignal {
  const stopping = new AbortController();
  const listening = stopOnSignal((signal) => {
    const code = 128 + constants.signals[signal];
    stopping.abort(new ClientFailure(`${signal} ended it${note === undefined ? '' : `; ${note}`}`, code));
  });
  return { signal: stopping.signal, [Symbol.dispose]: () => listening[Symbol.dispose]() };
}
