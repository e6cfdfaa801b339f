import type { DriverCall } from '../../core/driver/index.ts';
import type { CallMetrics, DriverMetrics } from '../../core/ports/driver-metrics.ts';
import type { Labels, MetricFamily, Series } from './metric-family.ts';

/** The names that distribution gives the actions; others follow its style. */
const ACTIONS: Readonly<Record<DriverCall, string>> = {
  stat: 'Stat',
  read: 'Reader',
  write: 'PutContent',
  openWriter: 'Writer',
  append: 'Append',
  commit: 'Commit',
  cancel: 'Cancel',
  close: 'Close',
  list: 'List',
  move: 'Move',
  delete: 'Delete',
  prune: 'Prune',
  check: 'Check',
  redirectUrl: 'RedirectURL',
};

/** The actions whose bytes are counted. */
const MOVING: ReadonlySet<DriverCall> = new Set(['read', 'write', 'append']);

/** The metrics of the storage driver of this name. */
export function storageMetrics(metrics: DriverMetrics, driver: string): MetricFamily[] {
  const calls = metrics.snapshot();
  const labelsOf = ({ call }: CallMetrics): Labels => ({ driver, action: ACTIONS[call] });
  return [
    {
      name: 'registry_storage_action_seconds',
      help: 'The number of seconds that the storage action takes',
      type: 'histogram',
      bounds: metrics.boundsSeconds,
      series: calls.map((call) => ({ labels: labelsOf(call), values: [...call.counts, call.seconds] })),
    },
    {
      name: 'registry_storage_bytes_total',
      help: 'The number of bytes that the storage action has moved',
      type: 'counter',
      series: calls
        .filter(({ call }) => MOVING.has(call))
        .map((call) => ({ labels: labelsOf(call), values: [call.bytes] })),
    },
    {
      name: 'registry_storage_failures_total',
      help: 'The number of storage actions that failed, by the code of the error',
      type: 'counter',
      series: calls.flatMap((call) => failuresOf(call, labelsOf(call))),
    },
  ];
}

function failuresOf({ failures }: CallMetrics, labels: Labels): Series[] {
  return Object.entries(failures).map(([code, count]) => ({ labels: { ...labels, code }, values: [count] }));
}
