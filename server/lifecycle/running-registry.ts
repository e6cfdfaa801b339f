import type { OperatorLog } from '../composition/logger.ts';
import type { ReloadableSettings } from './reloadable-settings.ts';
import type { StartReport } from './start-up-message.ts';

/** A registry that serves requests, in this process or in several. */
export interface RunningRegistry {
  readonly report: StartReport;
  readonly log: OperatorLog;
  /** The settings that it was started with. */
  readonly reloadable: ReloadableSettings;
  /** Applies other settings, which must be reachable from the current ones. */
  apply(values: ReloadableSettings): Promise<void>;
  /** Opens the files again to which it appends, as after a rotation; in all processes. */
  reopenLogs(): Promise<void>;
  /** Stops accepting requests, lets the running ones finish within the drain time, and releases everything. */
  stop(): Promise<void>;
}
