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
  /** How series of several processes are joined; summed unless given. */
  readonly together?: 'largest';
  readonly series: readonly Series[];
}

/** Joins the metrics of several processes: series with the same labels are added up, gauges included, or the largest counts. */
export function sumMetrics(lists: readonly (readonly MetricFamily[])[]): MetricFamily[] {
  const byName = Map.groupBy(lists.flat(), ({ name }) => name);
  return [...byName.values()].flatMap(([first, ...others]) => {
    if (first === undefined) return [];
    const series = [first, ...others].flatMap((family) => family.series);
    const byLabels = Map.groupBy(series, ({ labels }) => JSON.stringify(Object.entries(labels).sort()));
    return [{ ...first, series: [...byLabels.values()].flatMap((equal) => sumSeries(equal, first.together)) }];
  });
}

function sumSeries([first, ...others]: readonly Series[], together: MetricFamily['together']): Series[] {
  if (first === undefined) return [];
  const join = (one: number, other: number): number => (together === 'largest' ? Math.max(one, other) : one + other);
  const values = first.values.map((value, index) =>
    others.reduce((joined, other) => join(joined, other.values[index] ?? 0), value),
  );
  return [{ labels: first.labels, values }];
}
