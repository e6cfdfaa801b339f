import type { MetricFamily } from './metric-family.ts';

/** Counts the records of the audit log in this process. */
export class AuditMetrics {
  readonly #records = { written: 0, lost: 0 };
  #failures = 0;

  /** Counts a record that is in the file, or never will be. */
  count(result: 'written' | 'lost'): void {
    this.#records[result] += 1;
  }

  /** Counts that the file could not be written any more. */
  fail(): void {
    this.#failures += 1;
  }

  families(): MetricFamily[] {
    return [
      {
        name: 'registry_audit_records_total',
        help: 'Records of the audit log, by whether they were written to its file.',
        type: 'counter',
        series: Object.entries(this.#records).map(([result, count]) => ({ labels: { result }, values: [count] })),
      },
      {
        name: 'registry_audit_failures_total',
        help: 'How often the file of the audit log could not be written any more.',
        type: 'counter',
        series: [{ labels: {}, values: [this.#failures] }],
      },
    ];
  }
}
