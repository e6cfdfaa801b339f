import type { ReloadableSettings } from '../lifecycle/reloadable-settings.ts';

/** Asked by a worker: what it serves, as {@link Assignment}. */
export const CONFIGURATION = 'configuration';
/** Said by a worker that takes requests; the text is its start-up message. */
export const READY = 'ready';
/** Said by the primary process: go on with these live values. */
export const LIVE = 'live';
/** Asked by the primary process: what has been counted here, as a list of `Family`. */
export const FIGURES = 'figures';
/** Asked by a worker: the metrics of all processes, in the text format of Prometheus. */
export const METRICS = 'metrics';
/** Asked by the primary process, to see whether the worker is at work. */
export const PING = 'ping';
/** Said by the primary process: be not ready any more, and tell clients to connect anew. */
export const RETIRE = 'retire';
/** Said by the primary process: finish what is under way, then end. No connection comes any more. */
export const STOP = 'stop';

/** What a worker serves. */
export interface Assignment {
  /** The configuration file, as the primary process names it. */
  readonly file: string;
  /** The text of the configuration file as the primary process read it at its start. */
  readonly text: string;
  /** What has become of its live values. */
  readonly live: ReloadableSettings;
}
