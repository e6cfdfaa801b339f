import type { Bulletin } from '../../../core/ports/bulletin.ts';

/** For a process that is alone: nobody else is there to tell. */
export class ProcessBulletin implements Bulletin {
  readonly reach = 'instance';
  readonly isHeard = true;

  async publish(): Promise<void> {}

  subscribe(): void {}
}
