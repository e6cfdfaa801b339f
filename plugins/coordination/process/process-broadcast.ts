import type { Broadcast } from '../../../core/ports/broadcast.ts';

/** For a process that runs alone: there are no other receivers. */
export class ProcessBroadcast implements Broadcast {
  readonly reach = 'instance';
  readonly isConnected = true;

  async publish(): Promise<void> {}

  subscribe(): void {}
}
