import { readdirSync } from 'node:fs';
import type { MetricFamily } from './metric-family.ts';

/** The resources that this process uses; the sum over all processes is what the registry uses. */
export function processMetrics(): MetricFamily[] {
  const { user, system } = process.cpuUsage();
  const { rss, heapTotal, heapUsed, external } = process.memoryUsage();
  const gauge = (name: string, help: string, value: number): MetricFamily => ({
    name,
    help,
    type: 'gauge',
    series: [{ labels: {}, values: [value] }],
  });
  return [
    {
      name: 'process_cpu_seconds_total',
      help: 'Total user and system CPU time spent in seconds.',
      type: 'counter',
      series: [{ labels: {}, values: [(user + system) / 1e6] }],
    },
    gauge('process_resident_memory_bytes', 'Resident memory size in bytes.', rss),
    gauge('nodejs_heap_size_total_bytes', 'Process heap size from Node.js in bytes.', heapTotal),
    gauge('nodejs_heap_size_used_bytes', 'Process heap size used from Node.js in bytes.', heapUsed),
    gauge('nodejs_external_memory_bytes', 'Node.js external memory size in bytes.', external),
    ...openHandles().map((count) => gauge('process_open_fds', 'Number of open file descriptors.', count)),
  ];
}

/** How many file descriptors this process has open; nothing where the system does not say. */
function openHandles(): number[] {
  try {
    // The one that reads the folder is among them.
    return [readdirSync('/proc/self/fd').length - 1];
  } catch {
    return [];
  }
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
