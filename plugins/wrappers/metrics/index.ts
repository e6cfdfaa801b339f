import { z } from 'zod';
import { DRIVER_WRAPPER } from '../../../core/di.ts';
import { guardDriver, type PluginContext, type StorageDriver } from '../../../core/driver/index.ts';
import type { DriverMetrics } from '../../../core/ports/driver-metrics.ts';
import { bindPort } from '../../loading/bind-port.ts';
import { definePlugin, PLUGIN_CONTRACT } from '../../plugin.ts';
import { durationMs } from '../option-values.ts';
import { CountedCalls } from './counted-calls.ts';
import { MeteredDriver } from './metered-driver.ts';

/** The longest timer of Node, in milliseconds. */
const MAX_INTERVAL_MS = 2 ** 31 - 1;

const MetricsOptions = z.strictObject({
  interval: durationMs()
    .transform((ms) => Math.min(ms, MAX_INTERVAL_MS))
    .default(60_000)
    .meta({
      public: true,
      value: 'duration',
      default: '60s',
      description:
        'The time between two summaries in the log, at level `debug`; with 0 there is only the one at the end.',
    }),
});

/**
 * `middleware: {storage: [{name: metrics, options: {interval}}]}`. Without it, the registry adds one as the outermost
 * wrapper when it serves metrics.
 */
export default definePlugin({
  kind: 'driver-wrapper',
  name: 'metrics',
  contract: PLUGIN_CONTRACT,
  options: MetricsOptions,
  module: ({ interval }, { debug }) => {
    const calls = new CountedCalls();
    const wrap = (driver: StorageDriver): StorageDriver => {
      const timer = debug && interval > 0 ? setInterval(() => report(calls, debug), interval).unref() : undefined;
      const metered = new MeteredDriver(driver, calls, () => {
        clearInterval(timer);
        if (debug !== undefined) report(calls, debug);
      });
      // The guard measures the time inside the driver, and sees failures as core does.
      return guardDriver(metered, (call, ms, error) => calls.add(call, ms, error?.code));
    };
    return bindPort(DRIVER_WRAPPER, { wrap, metrics: calls });
  },
});

function report(metrics: DriverMetrics, debug: NonNullable<PluginContext['debug']>): void {
  const fields = metrics.snapshot().map(({ call, count, seconds, bytes, failures }) => {
    const meanMs = count === 0 ? 0 : Number(((seconds * 1000) / count).toFixed(3));
    return [call, { count, meanMs, bytes, failures }] as const;
  });
  debug('calls of the storage driver since the start', Object.fromEntries(fields));
}
