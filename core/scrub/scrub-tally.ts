import { SCRUB_FINDINGS, type ScrubCode, type ScrubFinding, severityOf } from './finding.ts';

/** How many findings a report names; the log names all. */
const MAX_NAMED = 20;
const ACTIONS = ['quarantined', 'repaired', 'restored', 'removed', 'mended'] as const;

/** What a scrub did, over all runs that it took. */
export interface ScrubReport {
  /** The number of digests whose content was read. */
  readonly blobs: number;
  /** How many bytes were read, including those read again. */
  readonly bytes: number;
  /** How many findings matter to clients, whether they were repaired or not. */
  readonly damage: number;
  /** The number of other findings. */
  readonly remarks: number;
  /** What was done about findings. */
  readonly actions: Readonly<Record<(typeof ACTIONS)[number], number>>;
  /** How many findings have each code, for codes that occurred. */
  readonly codes: Readonly<Partial<Record<ScrubCode, number>>>;
  /** The first findings. */
  readonly findings: readonly ScrubFinding[];
}

/** Counts what a scrub finds. Its report is a JSON value, from which a later run resumes. */
export class ScrubTally {
  #blobs: number;
  #bytes: number;
  readonly #actions: Record<(typeof ACTIONS)[number], number>;
  readonly #codes: Partial<Record<ScrubCode, number>>;
  readonly #findings: ScrubFinding[];

  /** @param earlier the report until now */
  constructor(earlier?: ScrubReport) {
    this.#blobs = earlier?.blobs ?? 0;
    this.#bytes = earlier?.bytes ?? 0;
    this.#actions = { quarantined: 0, repaired: 0, restored: 0, removed: 0, mended: 0, ...earlier?.actions };
    this.#codes = { ...earlier?.codes };
    this.#findings = [...(earlier?.findings ?? [])];
  }

  get blobs(): number {
    return this.#blobs;
  }

  countBlob(): void {
    this.#blobs += 1;
  }

  countBytes(bytes: number): void {
    this.#bytes += bytes;
  }

  add(finding: ScrubFinding): void {
    const { code, action } = finding;
    this.#codes[code] = (this.#codes[code] ?? 0) + 1;
    if (action !== 'none') this.#actions[action] += 1;
    if (this.#findings.length < MAX_NAMED) this.#findings.push(finding);
  }

  report(): ScrubReport {
    const counts = Object.entries(this.#codes) as [ScrubCode, number][];
    const countOf = (severity: 'damage' | 'remark'): number =>
      counts.reduce((sum, [code, count]) => (severityOf(code) === severity ? sum + count : sum), 0);
    return {
      blobs: this.#blobs,
      bytes: this.#bytes,
      damage: countOf('damage'),
      remarks: countOf('remark'),
      actions: { ...this.#actions },
      codes: { ...this.#codes },
      findings: [...this.#findings],
    };
  }
}

/** A report as JSON restores it; `undefined` when `value` is not a report that this version knows. */
export function parseReport(value: unknown): ScrubReport | undefined {
  if (!isRecord(value)) return undefined;
  const { blobs, bytes, actions, codes, findings } = value;
  const isReport =
    isCount(blobs) &&
    isCount(bytes) &&
    isRecord(actions) &&
    ACTIONS.every((action) => isCount(actions[action])) &&
    isRecord(codes) &&
    Object.entries(codes).every(([code, count]) => Object.hasOwn(SCRUB_FINDINGS, code) && isCount(count)) &&
    Array.isArray(findings) &&
    findings.every(isRecord);
  return isReport ? (value as unknown as ScrubReport) : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
