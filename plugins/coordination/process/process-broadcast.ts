import type { Broadcast } from '../../../core/ports/broadcast.ts';

/** For a process that is alone: nobody else is there to tell. */
export class ProcessBroadcast implements Broadcast {
  readonly reach = 'instance';
  readonly isConnected = true;

  async publish(): Promise<void> {}

  subscribe(): void {}
}
