import { duration, integer } from '../engine/scalars.ts';
import { group, setting } from '../engine/schema.ts';

/** What is recorded of the moves of tags. */
export interface TagHistoryConfiguration {
  /** How long records are kept; 0: nothing is recorded. */
  readonly keepMs: number;
  /** How many records of a tag are kept at most. */
  readonly maxRecords: number;
}

/** `storage.maintenance.taghistory`: not below `storage.tag`, because distribution 2 refuses a file that has it. */
export const taghistory = group({
  keep: setting(duration, {
    default: '0s',
    description:
      'how long it stays recorded who moved a tag, when, from what to what (`stowage tag history`); the manifests stay as long, which `gc.deleteuntagged` would remove. `0s`: nothing is recorded. The same on all instances',
  }),
  max: setting(integer(1), {
    default: '1000',
    description: 'how many records of a tag are kept at most; older ones are removed once a day',
  }),
});
