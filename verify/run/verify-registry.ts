import { TransferError } from '../../client/http/transfer-error.ts';
import { saysWantsTls } from '../../client/http/wants-tls.ts';
import { Bench } from '../bench/bench.ts';
import { Leftovers } from '../bench/leftovers.ts';
import { Budget, CHECK_LIMITS, LimitError, type Limits, RUN_LIMITS } from '../bench/limits.ts';
import { PING } from '../bench/paths.ts';
import { Repositories } from '../bench/repositories.ts';
import type { Transport } from '../bench/transport.ts';
import type { Capability } from '../capability.ts';
import type { Check } from '../check.ts';
import { BlockedCheck } from '../verdicts.ts';
import { PROBES } from './capabilities.ts';
import { type CleanUp, cleanUp } from './clean-up.ts';
import { RefusedError } from './refused-error.ts';
import type { CheckResult } from './result.ts';
import { type CheckSurroundings, resultOf, runCheck } from './run-check.ts';

/** Options of a verification. */
export interface VerifyOptions {
  readonly transport: Transport;
  readonly checks: readonly Check[];
  /** The prefix of repository names. Only repositories with random names below it are touched. */
  readonly namespace: string;
  /** Aborts the run: what was pushed until then is still removed. */
  readonly signal: AbortSignal;
  /** The number of concurrent checks. Default: 4. */
  readonly concurrency?: number | undefined;
  readonly limits?: Limits | undefined;
  readonly checkLimits?: Limits | undefined;
  /** Called with each result as soon as it is available. */
  readonly onResult?: ((result: CheckResult) => void) | undefined;
}

/** The result of a verification. */
export interface Verification {
  /** Scheme and host of the registry. */
  readonly registry: string;
  /** The common prefix of all repositories that were used. */
  readonly repository: string;
  /** The capabilities that the registry lacks, with the reasons. */
  readonly missing: Readonly<Partial<Record<Capability, string>>>;
  /** In the order of the checks. */
  readonly results: readonly CheckResult[];
  readonly cleanUp: CleanUp;
  readonly requests: number;
  readonly bytes: number;
}

/** The limits of the clean-up. */
const CLEAN_UP_LIMITS: Limits = { requests: 20_000, bytes: 64 * 1024 * 1024, ms: 60_000 };
const SURPLUS = 'the run had reached its limit before';

/**
 * Runs checks against a registry, and removes what they pushed, even after an abort.
 * @throws TransferError when the registry cannot be reached; RefusedError when it does not allow this client to push;
 * the reason of the signal
 */
export async function verifyRegistry(options: VerifyOptions): Promise<Verification> {
  const { transport, namespace, limits = RUN_LIMITS } = options;
  using budget = new Budget(limits);
  const leftovers = new Leftovers();
  const repositories = new Repositories(namespace);
  const common = { transport, leftovers, repositories };
  const signal = AbortSignal.any([options.signal, budget.signal]);
  const run = { ...common, budget, signal, limits: options.checkLimits ?? CHECK_LIMITS };
  let results: readonly CheckResult[];
  let missing: ReadonlyMap<Capability, string>;
  let removed: CleanUp;
  try {
    await requireEntry(run);
    missing = await findCapabilities(run, options.signal);
    results = await runAll(options, { ...run, missing });
  } finally {
    using own = new Budget(CLEAN_UP_LIMITS);
    await using bench = new Bench({ ...common, budget: own, signal: own.signal, missing: new Map() });
    removed = await cleanUp(bench, leftovers.all);
  }
  return {
    registry: (await transport.origin(options.signal)).origin,
    repository: repositories.shared,
    missing: Object.fromEntries(missing),
    ...{ results, cleanUp: removed, requests: budget.requests, bytes: budget.bytes },
  };
}

async function requireEntry(run: Run): Promise<void> {
  await using bench = new Bench({ ...run, missing: new Map() });
  const answer = await bench.get(PING);
  if (answer.status === 401 || answer.status === 403)
    throw new RefusedError(`GET ${PING} is answered with ${answer.status}`);
  const { url, body } = answer;
  // Otherwise every check would judge the answers of a port that serves something else.
  if (answer.status === 400 && url.protocol === 'http:' && saysWantsTls(body.toString('utf8')))
    throw new TransferError('tls-only', { method: 'GET', url: url.href }, 'the host requires TLS on this port');
}

type Run = Omit<CheckSurroundings, 'missing'>;

/** @param ended the signal of the user; limits only skip what comes after them */
async function findCapabilities(run: Run, ended: AbortSignal): Promise<ReadonlyMap<Capability, string>> {
  const missing = new Map<Capability, string>();
  for (const { capability, needs, find } of PROBES) {
    const lacks = needs && missing.get(needs);
    using budget = new Budget(run.limits, run.budget);
    const signal = AbortSignal.any([run.signal, budget.signal]);
    await using bench = new Bench({ ...run, budget, signal, missing: new Map() });
    try {
      const found = lacks ?? (await find(bench));
      if (found !== true) missing.set(capability, found);
    } catch (error) {
      ended.throwIfAborted();
      const status = error instanceof BlockedCheck ? error.exchange?.status : undefined;
      const message = error instanceof Error ? error.message : String(error);
      if (capability === 'push' && (status === 401 || status === 403)) throw new RefusedError(message);
      missing.set(capability, message);
    }
  }
  return missing;
}

async function runAll(options: VerifyOptions, surroundings: CheckSurroundings): Promise<readonly CheckResult[]> {
  const { checks, concurrency = 4, onResult } = options;
  const results: CheckResult[] = [];
  const runOne = async (check: Check): Promise<void> => {
    const result = await withinRun(check, surroundings, options.signal);
    results[checks.indexOf(check)] = result;
    onResult?.(result);
  };
  const waiting = checks.filter(({ alone }) => alone !== true).values();
  const work = async (): Promise<void> => {
    for (const check of waiting) await runOne(check);
  };
  const ended = await Promise.allSettled(Array.from({ length: concurrency }, work));
  for (const each of ended) if (each.status === 'rejected') throw each.reason;
  for (const check of checks.filter(({ alone }) => alone === true)) await runOne(check);
  return results;
}

/** Once the limits of the run are reached, the remaining checks are skipped with that reason. */
async function withinRun(check: Check, surroundings: CheckSurroundings, ended: AbortSignal): Promise<CheckResult> {
  ended.throwIfAborted();
  if (surroundings.signal.aborted) return resultOf(check, { outcome: 'skipped', reason: SURPLUS });
  try {
    return await runCheck(check, surroundings);
  } catch (error) {
    ended.throwIfAborted();
    if (!(error instanceof LimitError)) throw error;
    return resultOf(check, { outcome: 'blocked', reason: error.message });
  }
}
