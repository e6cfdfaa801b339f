import type { ReloadableSettings } from '../lifecycle/reloadable-settings.ts';

/** A worker asks what it has to serve; the answer is an {@link Assignment}. */
export const CONFIGURATION = 'configuration';
/** A worker says that it serves requests; the text is its `StartReport`. */
export const READY = 'ready';
/** The primary process says: apply these reloadable settings. */
export const APPLY_SETTINGS = 'apply-settings';
/** The primary process says: open the files again to which you append. */
export const REOPEN_LOGS = 'reopen-logs';
/** The primary process asks for the metrics of a worker; the answer is a list of `MetricFamily`. */
export const WORKER_METRICS = 'worker-metrics';
/** A worker asks for the metrics of all processes; the answer is in the text format of Prometheus. */
export const METRICS = 'metrics';
/** The primary process asks whether the worker answers. */
export const PING = 'ping';
/** The primary process says: stop being ready, and tell clients to reconnect. */
export const RETIRE = 'retire';
/** The primary process says: finish the running requests, then end. No more connections arrive. */
export const STOP = 'stop';

/** What a worker serves. */
export interface Assignment {
  /** The configuration file, as the primary process names it. */
  readonly file: string;
  /** The text of the configuration file as the primary process read it at its start. */
  readonly text: string;
  /** The current reloadable settings, which may differ from those in the text. */
  readonly reloadable: ReloadableSettings;
}
