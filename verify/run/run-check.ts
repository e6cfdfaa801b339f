import { TransferError } from '../../client/http/transfer-error.ts';
import { unlessAborted } from '../../client/http/unless-aborted.ts';
import { Bench, type BenchDependencies } from '../bench/bench.ts';
import type { Exchange } from '../bench/exchange.ts';
import { Budget, type Limits } from '../bench/limits.ts';
import type { Check } from '../check.ts';
import { BlockedCheck, CheckFailure, SkippedCheck } from '../verdicts.ts';
import type { CheckResult, Outcome } from './result.ts';

/** The most exchanges of a check that are kept for a report. */
const MAX_SHOWN = 40;

/** The environment of a check. */
export interface CheckSurroundings extends Omit<BenchDependencies, 'budget'> {
  /** The budget of all checks. */
  readonly budget: Budget;
  readonly limits: Limits;
}

interface Ended {
  readonly outcome: Outcome;
  readonly reason?: string;
  readonly exchange?: Exchange | undefined;
}

/**
 * Runs one check within its limits.
 * @throws the reason of the signal of all checks
 */
export async function runCheck(check: Check, surroundings: CheckSurroundings): Promise<CheckResult> {
  const { missing, limits, signal } = surroundings;
  const lacks = check.needs?.find((capability) => missing.has(capability));
  // A registry need not support everything, but without pushes most rules cannot be judged.
  const outcome = missing.has('push') ? 'blocked' : 'skipped';
  if (lacks !== undefined) return resultOf(check, { outcome, reason: `it needs "${lacks}": ${missing.get(lacks)}` });
  using budget = new Budget(limits, surroundings.budget);
  const ending = AbortSignal.any([signal, budget.signal]);
  await using bench = new Bench({ ...surroundings, budget, signal: ending });
  const startedAt = performance.now();
  const ended = await judge(check, bench);
  signal.throwIfAborted();
  return resultOf(check, ended, { bench, durationMs: Math.round(performance.now() - startedAt) });
}

async function judge(check: Check, bench: Bench): Promise<Ended> {
  try {
    await unlessAborted(check.run(bench), bench.signal);
    return { outcome: 'passed' };
  } catch (error) {
    if (error instanceof SkippedCheck) return { outcome: 'skipped', reason: error.message };
    const reason = reasonOf(error);
    if (error instanceof CheckFailure) return { outcome: 'failed', reason, exchange: error.exchange };
    const exchange = error instanceof BlockedCheck ? error.exchange : bench.exchanges.at(-1);
    return { outcome: 'blocked', reason, exchange };
  }
}

/** The reason without the request, which is in the exchange. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (!(error instanceof TransferError)) return error.message;
  return `there was no answer: ${error.message.replace(`${error.request.method} ${error.request.url}: `, '')}`;
}

/** The result of a check. */
export function resultOf(
  { run: _run, needs: _needs, alone: _alone, ...about }: Check,
  { outcome, reason, exchange }: Ended,
  { bench, durationMs }: { readonly bench?: Bench; readonly durationMs: number } = { durationMs: 0 },
): CheckResult {
  const isShown = outcome === 'failed' || outcome === 'blocked';
  const exchanges = isShown ? shownOf(bench?.exchanges ?? [], exchange) : [];
  const culprit = exchange === undefined ? -1 : exchanges.indexOf(exchange);
  return {
    ...about,
    ...{ outcome, reason, durationMs, exchanges },
    requests: bench?.exchanges.length ?? 0,
    culprit: culprit < 0 ? undefined : culprit,
  };
}

/** The newest exchanges, preceded by the one that breaks the rule if it is older. */
function shownOf(all: readonly Exchange[], culprit: Exchange | undefined): readonly Exchange[] {
  const newest = all.slice(-MAX_SHOWN);
  const isOlder = culprit !== undefined && all.includes(culprit) && !newest.includes(culprit);
  return isOlder ? [culprit, ...newest] : newest;
}
