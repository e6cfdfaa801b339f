import type { Labels, MetricFamily, Series } from './metric-family.ts';

/** The media type of {@link exposition}. */
export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/**
 * The metrics in the text format 0.0.4 of Prometheus; metrics without series are left out.
 * https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export function exposition(families: readonly MetricFamily[]): string {
  return families
    .filter(({ series }) => series.length > 0)
    .map((family) => {
      const { name, help, type } = family;
      const samples = family.series.flatMap((series) => samplesOf(family, series));
      return [`# HELP ${name} ${escapeText(help)}`, `# TYPE ${name} ${type}`, ...samples, ''].join('\n');
    })
    .join('');
}

function samplesOf({ name, type, bounds = [] }: MetricFamily, { labels, values }: Series): string[] {
  if (type !== 'histogram') return values.map((value) => sample(name, labels, value));
  let count = 0;
  const buckets = values.slice(0, -1).map((inBucket, index) => {
    count += inBucket;
    return sample(`${name}_bucket`, { ...labels, le: String(bounds[index] ?? '+Inf') }, count);
  });
  return [...buckets, sample(`${name}_sum`, labels, values.at(-1) ?? 0), sample(`${name}_count`, labels, count)];
}

function sample(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeText(text).replaceAll('"', '\\"')}"`);
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}`;
}

function escapeText(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}
