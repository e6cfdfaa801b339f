import { type DoctorFinding, failure, ok, warning } from './check.ts';

/** What another clock said, in milliseconds of the epoch. */
export interface ClockReading {
  /** By the clock of this machine, before the other one was asked, and after its answer. */
  readonly beganAt: number;
  readonly endedAt: number;
  readonly at: number;
  /** How coarse it is, in milliseconds. Default: a second, as in headers and old file systems. */
  readonly coarseMs?: number;
}

/** Tokens and locks still tolerate this, in milliseconds. */
const NOTICED_MS = 2_000;
/** Tokens are refused at this, and locks end too early. */
const HARMFUL_MS = 30_000;
const REMEDY = 'synchronise both clocks (chrony, systemd-timesyncd)';

/** By how much another clock differs from the one of this machine, as far as that can be told. */
export function driftOf(whose: string, { beganAt, endedAt, at, coarseMs = 1_000 }: ClockReading): DoctorFinding {
  if (Number.isNaN(at)) return failure(`${whose} gives no time`);
  const behindMs = Math.max(0, beganAt - (at + coarseMs));
  const aheadMs = Math.max(0, at - endedAt);
  const driftMs = Math.max(behindMs, aheadMs);
  if (driftMs < NOTICED_MS) return ok(`the clock of ${whose} agrees to within ${NOTICED_MS / 1000} s`);
  const finding = `the clock of ${whose} is ${Math.round(driftMs / 1000)} s ${aheadMs > 0 ? 'ahead of' : 'behind'} the one of this machine`;
  return driftMs < HARMFUL_MS ? warning(finding, REMEDY) : failure(finding, REMEDY);
}
