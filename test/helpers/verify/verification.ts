import type { ExecutionContext } from 'ava';
import { CHECK_LIMITS, RUN_LIMITS } from '../../../verify/bench/limits.ts';
import { Transport } from '../../../verify/bench/transport.ts';
import type { Check } from '../../../verify/check.ts';
import { CHECKS } from '../../../verify/checks/index.ts';
import type { CheckResult } from '../../../verify/run/result.ts';
import { type Verification, type VerifyOptions, verifyRegistry } from '../../../verify/run/verify-registry.ts';

/** A busy machine must not affect the result. */
const PATIENCE_MS = 600_000;

/** Verifies the registry at an address; all checks unless others are given. */
export async function verification(
  t: ExecutionContext,
  { address }: { readonly address: string },
  options: Partial<VerifyOptions> = {},
): Promise<Verification> {
  const transport =
    options.transport ?? new Transport({ host: new URL(address).host, scheme: 'http', answerMs: PATIENCE_MS });
  t.teardown(() => transport[Symbol.asyncDispose]());
  const never = new AbortController().signal;
  const patient = { limits: { ...RUN_LIMITS, ms: PATIENCE_MS }, checkLimits: { ...CHECK_LIMITS, ms: PATIENCE_MS } };
  return verifyRegistry({ checks: CHECKS, namespace: 'verified', signal: never, ...patient, ...options, transport });
}

/** The results that did not pass, as lines with the reason. */
export function shortcomings(results: readonly CheckResult[]): readonly string[] {
  return results
    .filter(({ outcome }) => outcome !== 'passed')
    .map(({ id, outcome, reason }) => `${outcome} ${id}: ${reason}`);
}

/** A check that only this test has. */
export function checkThat(run: Check['run'], more: Partial<Check> = {}): Check {
  return {
    id: 'clients/test',
    title: 'a rule of this test',
    level: 'MUST',
    group: 'clients',
    section: 'none',
    link: 'https://example.com/',
    suffers: { clients: ['any client'], what: 'nothing' },
    ...more,
    run,
  };
}
