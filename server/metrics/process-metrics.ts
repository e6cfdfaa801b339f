import type { MetricFamily } from './metric-family.ts';

/** The resources that this process uses; the sum over all processes is what the registry uses. */
export function processMetrics(): MetricFamily[] {
  const { user, system } = process.cpuUsage();
  return [
    {
      name: 'process_cpu_seconds_total',
      help: 'Total user and system CPU time spent in seconds.',
      type: 'counter',
      series: [{ labels: {}, values: [(user + system) / 1e6] }],
    },
    {
      name: 'process_resident_memory_bytes',
      help: 'Resident memory size in bytes.',
      type: 'gauge',
      series: [{ labels: {}, values: [process.memoryUsage.rss()] }],
    },
  ];
}

/** When this process started; must not be summed. */
export function startTimeMetric(): MetricFamily {
  return {
    name: 'process_start_time_seconds',
    help: 'Start time of the process since unix epoch in seconds.',
    type: 'gauge',
    series: [{ labels: {}, values: [performance.timeOrigin / 1000] }],
  };
}
