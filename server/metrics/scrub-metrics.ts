import type { ScrubFinding } from '../../core/scrub/finding.ts';
import type { ScrubObserver } from '../../core/scrub/scrub-session.ts';
import type { MetricFamily } from './metric-family.ts';

/** Counts what scrubs in this process read and find. */
export class ScrubMetrics implements ScrubObserver {
  #bytes = 0;
  #blobs = 0;
  /** By code and action, with a space between them. */
  readonly #findings = new Map<string, number>();

  readonly onBytes = (bytes: number): void => {
    this.#bytes += bytes;
  };

  readonly onBlob = (): void => {
    this.#blobs += 1;
  };

  readonly onFinding = ({ code, action }: ScrubFinding): void => {
    const key = `${code} ${action}`;
    this.#findings.set(key, (this.#findings.get(key) ?? 0) + 1);
  };

  families(): MetricFamily[] {
    const total = (count: number) => (count === 0 ? [] : [{ labels: {}, values: [count] }]);
    return [
      {
        name: 'registry_scrub_blobs_total',
        help: 'Blobs and manifests that were verified against their digest.',
        type: 'counter',
        series: total(this.#blobs),
      },
      {
        name: 'registry_scrub_bytes_total',
        help: 'Bytes that were read to verify content.',
        type: 'counter',
        series: total(this.#bytes),
      },
      {
        name: 'registry_scrub_findings_total',
        help: 'What verifications found, by code, and what was done about it.',
        type: 'counter',
        series: Array.from(this.#findings, ([key, count]) => {
          const [code = '', action = ''] = key.split(' ');
          return { labels: { code, action }, values: [count] };
        }),
      },
    ];
  }
}
