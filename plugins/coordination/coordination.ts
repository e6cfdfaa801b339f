import type { Broadcast } from '../../core/ports/broadcast.ts';
import type { Locks } from '../../core/ports/locks.ts';
import { ProcessBroadcast } from './process/process-broadcast.ts';
import { ProcessLocks } from './process/process-locks.ts';

/** What the processes of one registry share. */
export interface Coordination {
  readonly locks: Locks;
  readonly broadcast: Broadcast;
}

/** That of a process that has no others beside it. */
export function singleProcess(): Coordination {
  return { locks: new ProcessLocks(), broadcast: new ProcessBroadcast() };
}
