import type { Broadcast } from '../../core/ports/broadcast.ts';
import type { Locks } from '../../core/ports/locks.ts';
import { ProcessBroadcast } from './process/process-broadcast.ts';
import { ProcessLocks } from './process/process-locks.ts';

/** Coordination between the processes of one registry. */
export interface Coordination {
  readonly locks: Locks;
  readonly broadcast: Broadcast;
}

/** The coordination of a process that runs alone. */
export function singleProcess(): Coordination {
  return { locks: new ProcessLocks(), broadcast: new ProcessBroadcast() };
}
