import assert from 'node:assert/strict';
import { ask, type Target } from './http-request.ts';

/** One line of the exposition text of Prometheus. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Metrics as they were read. */
export class Exposition {
  readonly samples: readonly Sample[];

  constructor(samples: readonly Sample[]) {
    this.samples = samples;
  }

  /** The sum of all samples of this name that have these labels. */
  value(name: string, labels: Sample['labels'] = {}): number {
    const fitting = this.samples.filter(
      (sample) => sample.name === name && Object.entries(labels).every(([key, text]) => sample.labels[key] === text),
    );
    return fitting.reduce((sum, { value }) => sum + value, 0);
  }
}

/** Reads metrics over HTTP until no other request is in progress. */
export async function quietMetrics(target: Target, path = '/metrics'): Promise<Exposition> {
  for (;;) {
    const answer = await ask(target, 'GET', path);
    assert.equal(answer.status, 200);
    const exposition = parseExposition(answer.text);
    if (exposition.value('registry_http_in_flight_requests') === 0) return exposition;
  }
}

/**
 * Parses the text format 0.0.4.
 * @throws AssertionError for a sample without HELP and TYPE before it, a duplicate metric or series, and an invalid
 *   histogram
 */
export function parseExposition(text: string): Exposition {
  assert.match(text, /\n$/);
  const samples: Sample[] = [];
  const names = new Set<string>();
  for (const family of text.split(/^(?=# HELP )/m)) {
    const [help = '', type = '', ...lines] = family.trimEnd().split('\n');
    const [, name = ''] = /^# HELP (\S+) \S.*$/.exec(help) ?? [];
    const [, kind = ''] = /^# TYPE \S+ (counter|gauge|histogram)$/.exec(type) ?? [];
    assert.equal(type, `# TYPE ${name} ${kind}`);
    assert.ok(!names.has(name), `${name} comes twice`);
    names.add(name);
    const inside = lines.map((line) => parseSample(line));
    assert.ok(inside.length > 0, `${name} has no samples`);
    if (kind === 'histogram') checkHistogram(name, inside);
    else assert.ok(inside.every((sample) => sample.name === name));
    samples.push(...inside);
  }
  const series = samples.map(({ name, labels }) => JSON.stringify([name, Object.entries(labels).sort()]));
  assert.equal(new Set(series).size, series.length, 'a series comes twice');
  return new Exposition(samples);
}

function parseSample(line: string): Sample {
  const [, name = '', pairs = '', value = ''] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
  assert.ok(name !== '' && Number.isFinite(Number(value)), line);
  const labels = Array.from(pairs.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"(?:,|$)/g), ([, label = '', escaped = '']) => {
    const plain = escaped.replace(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char));
    return [label, plain] as const;
  });
  return { name, labels: Object.fromEntries(labels), value: Number(value) };
}

function checkHistogram(name: string, samples: readonly Sample[]): void {
  const bySeries = Map.groupBy(samples, ({ labels: { le: _, ...others } }) => JSON.stringify(others));
  for (const series of bySeries.values()) {
    const buckets = series.filter((sample) => sample.name === `${name}_bucket`);
    const bounds = buckets.map(({ labels }) =>
      labels['le'] === '+Inf' ? Number.POSITIVE_INFINITY : Number(labels['le']),
    );
    const counts = buckets.map(({ value }) => value);
    assert.deepEqual(
      bounds,
      bounds.toSorted((a, b) => a - b),
    );
    assert.deepEqual(
      counts,
      counts.toSorted((a, b) => a - b),
      'the buckets are not cumulative',
    );
    assert.equal(bounds.at(-1), Number.POSITIVE_INFINITY);
    const [sum, count, ...others] = series.slice(buckets.length);
    assert.deepEqual([sum?.name, count?.name, others], [`${name}_sum`, `${name}_count`, []]);
    assert.equal(count?.value, counts.at(-1));
  }
}
