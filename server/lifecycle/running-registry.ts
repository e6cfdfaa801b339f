import type { OperatorLog } from '../composition/logger.ts';
import type { ReloadableSettings } from './reloadable-settings.ts';

/** A registry that takes requests, in this process or in several. */
export interface RunningRegistry {
  /** What to tell the operator on a terminal. */
  readonly message: string;
  readonly log: OperatorLog;
  /** The live values that it was started with. */
  readonly live: ReloadableSettings;
  /** Takes over other live values, which must be reachable from those that it has. */
  apply(values: ReloadableSettings): Promise<void>;
  /** Stops taking requests, lets the running ones finish within the drain time, and releases everything. */
  stop(): Promise<void>;
}
