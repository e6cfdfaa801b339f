import type { ExecutionContext } from 'ava';
import { Transport } from '../../../verify/bench/transport.ts';
import { CHECKS } from '../../../verify/checks/index.ts';
import type { CheckResult } from '../../../verify/run/result.ts';
import { type Verification, type VerifyOptions, verifyRegistry } from '../../../verify/run/verify-registry.ts';

/** Verifies the registry at an address; all checks unless others are given. */
export async function verification(
  t: ExecutionContext,
  { address }: { readonly address: string },
  options: Partial<VerifyOptions> = {},
): Promise<Verification> {
  const transport = options.transport ?? new Transport({ host: new URL(address).host, scheme: 'http' });
  t.teardown(() => transport[Symbol.asyncDispose]());
  const never = new AbortController().signal;
  return verifyRegistry({ checks: CHECKS, namespace: 'verified', signal: never, ...options, transport });
}

/** The results that did not pass, as lines that say why. */
export function shortcomings(results: readonly CheckResult[]): readonly string[] {
  return results
    .filter(({ outcome }) => outcome !== 'passed')
    .map(({ id, outcome, reason }) => `${outcome} ${id}: ${reason}`);
}
