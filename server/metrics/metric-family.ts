/** Names of labels with their values. */
export type Labels = Readonly<Record<string, string>>;

/** The values of a metric for one set of labels. */
export interface Series {
  readonly labels: Labels;
  /** One number; for a histogram the count of each bucket, that without a bound included, and then the sum. */
  readonly values: readonly number[];
}

/** A metric with all its series; survives JSON. */
export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** Upper bounds of the buckets of a histogram, ascending. */
  readonly bounds?: readonly number[];
  readonly series: readonly Series[];
}

/** Sums the metrics of several processes: series with the same labels are added up, gauges included. */
export function sumMetrics(lists: readonly (readonly MetricFamily[])[]): MetricFamily[] {
  const byName = Map.groupBy(lists.flat(), ({ name }) => name);
  return [...byName.values()].flatMap(([first, ...others]) => {
    if (first === undefined) return [];
    const series = [first, ...others].flatMap((family) => family.series);
    const byLabels = Map.groupBy(series, ({ labels }) => JSON.stringify(Object.entries(labels).sort()));
    return [{ ...first, series: [...byLabels.values()].flatMap(sumSeries) }];
  });
}

function sumSeries([first, ...others]: readonly Series[]): Series[] {
  if (first === undefined) return [];
  const values = first.values.map((value, index) =>
    others.reduce((sum, other) => sum + (other.values[index] ?? 0), value),
  );
  return [{ labels: first.labels, values }];
}
