import { LEVELS } from '../check.ts';
import { type CheckResult, OUTCOMES } from '../run/result.ts';
import type { Verification } from '../run/verify-registry.ts';

/** The format of a report. It changes when readers of the previous format could not read it. */
const FORMAT = 'stowage-verify/1';

/** The result of a verification, as written to JSON. */
export interface Report extends Verification {
  readonly format: typeof FORMAT;
  /** The version of Stowage. */
  readonly stowage: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly durationMs: number;
}

/** The part of a report that is compared. */
export interface ComparedReport {
  readonly registry: string;
  readonly results: ReadonlyArray<Pick<CheckResult, 'id' | 'title' | 'level' | 'outcome' | 'reason'>>;
}

/** Thrown for a text that is not a report. The message completes a sentence that begins with its source. */
export class InvalidReportError extends Error {
  override readonly name = 'InvalidReportError';
}

/** Combines a verification with the details of its run. */
export function reportOf(found: Verification, about: Pick<Report, 'stowage' | 'startedAt' | 'durationMs'>): Report {
  return { format: FORMAT, ...about, ...found };
}

/** Parses the part of a report that is compared. @throws InvalidReportError */
export function parseReport(text: string): ComparedReport {
  const value = parseJson(text);
  if (!isObject(value) || value['format'] !== FORMAT)
    throw new InvalidReportError(`is not a report of "stowage verify" (${FORMAT})`);
  const { registry, results } = value;
  if (typeof registry !== 'string' || !Array.isArray(results) || !results.every(isResult))
    throw new InvalidReportError('is a damaged report');
  return { registry, results };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidReportError('is not JSON');
  }
}

function isResult(value: unknown): value is ComparedReport['results'][number] {
  if (!isObject(value)) return false;
  const { id, title, level, outcome, reason } = value;
  const isText = typeof id === 'string' && typeof title === 'string';
  const isReason = reason === undefined || typeof reason === 'string';
  return isText && isReason && isOneOf(LEVELS, level) && isOneOf(OUTCOMES, outcome);
}

function isOneOf(known: readonly string[], value: unknown): boolean {
  return typeof value === 'string' && known.includes(value);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
