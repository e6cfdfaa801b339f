import type { DoctorContext } from './doctor-context.ts';

/** From the best to the worst; `skipped` says that a check could not tell. */
export const SEVERITIES = ['ok', 'skipped', 'note', 'warning', 'failure'] as const;
/**
 * - `ok`: as it should be
 * - `skipped`: not looked at, for the reason given
 * - `note`: worth knowing
 * - `warning`: works today, and will hurt one day
 * - `failure`: clients fail, or content is at risk
 */
export type Severity = (typeof SEVERITIES)[number];

/** What a check has found. */
export interface DoctorFinding {
  readonly severity: Severity;
  /** A clause without a full stop, with its figures. */
  readonly finding: string;
  /** What to do about it, if anything. */
  readonly remedy?: string | undefined;
}

/** What a check may look at. */
export type Examined = Pick<
  DoctorContext,
  'loaded' | 'configured' | 'openStorage' | 'storage' | 'trial' | 'redis' | 'publicAddress'
>;

/** A check of `stowage doctor`. */
export interface DoctorCheck {
  /** Lower-case words with `-` between them; they stay the same, because scripts select by them. */
  readonly name: string;
  /** What is true when nothing is found: a clause. */
  readonly proves: string;
  /** Whether others would distort its figures. */
  readonly isAlone?: boolean;
  /** How long it may take, in milliseconds. Default: 30 s. */
  readonly limitMs?: number;
  /**
   * Looks.
   * @returns at least one finding
   * @throws Skipped when it cannot tell; any other error is a failure that says why
   */
  readonly run: (examined: Examined) => Promise<readonly DoctorFinding[]>;
}

export const ok = (finding: string): DoctorFinding => ({ severity: 'ok', finding });
export const note = (finding: string, remedy?: string): DoctorFinding => ({ severity: 'note', finding, remedy });
export const warning = (finding: string, remedy: string): DoctorFinding => ({ severity: 'warning', finding, remedy });
export const failure = (finding: string, remedy?: string): DoctorFinding => ({ severity: 'failure', finding, remedy });

/** The worst of some; `ok` for none. */
export function worstOf(severities: Iterable<Severity>): Severity {
  let worst: Severity = 'ok';
  for (const severity of severities) {
    if (SEVERITIES.indexOf(severity) > SEVERITIES.indexOf(worst)) worst = severity;
  }
  return worst;
}
