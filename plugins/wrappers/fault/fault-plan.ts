import type { DriverCall, DriverErrorCode } from '../../../core/driver/index.ts';

/**
 * How a call fails.
 *
 * | kind | what happens |
 * | --- | --- |
 * | `fail` | it fails without effect, with `code` |
 * | `abort` | it ends without effect, as if the client had disconnected: `aborted` |
 * | `slow` | it begins `delay` later |
 * | `short` | a stream, or the body of an append, breaks off in the middle with `code`; other calls fail |
 */
export type FaultKind = 'fail' | 'abort' | 'slow' | 'short';

/** Selects calls that fail, and how. */
export interface FaultRule {
  readonly kind: FaultKind;
  /** Absent: all calls. */
  readonly operations?: readonly DriverCall[] | undefined;
  /** Only calls whose path begins with this prefix. */
  readonly path: string;
  /** 0 to 1. */
  readonly probability: number;
  /** Only the n-th matching call, counted from 1. */
  readonly nth?: number | undefined;
  readonly delayMs: number;
  readonly code: DriverErrorCode;
}

/** Decides for each call whether it fails; the same seed and order of calls produce the same decisions. */
export class FaultPlan {
  readonly #rules: readonly { readonly rule: FaultRule; readonly seen: { count: number } }[];
  readonly #random: () => number;

  constructor(rules: readonly FaultRule[], seed: number) {
    this.#rules = rules.map((rule) => ({ rule, seen: { count: 0 } }));
    this.#random = mulberry32(seed);
  }

  /** The first rule that applies to this call; every matching rule counts the call. */
  next(call: DriverCall, path: string): FaultRule | undefined {
    const struck = this.#rules.filter(({ rule, seen }) => {
      if (rule.operations?.includes(call) === false || !path.startsWith(rule.path)) return false;
      seen.count += 1;
      if (rule.nth !== undefined && seen.count !== rule.nth) return false;
      return rule.probability >= 1 || this.#random() < rule.probability;
    });
    return struck[0]?.rule;
  }
}

/** Pseudo-random numbers from 0 to 1, determined by the seed. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
