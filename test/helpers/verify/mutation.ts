import type { IncomingHttpHeaders } from 'node:http';
import test, { type ExecutionContext } from 'ava';
import type { Check, Group } from '../../../verify/check.ts';
import { CHECKS } from '../../../verify/checks/index.ts';
import { type Fault, FaultProxy } from '../client/fault-proxy.ts';
import { withRegistry } from '../http/with-registry.ts';
import type { GuardedRegistry } from './guarded-registry.ts';
import { verification } from './verification.ts';

/** One change that a proxy makes to the answers of an otherwise correct registry. */
export interface Mutation {
  /** The check that must fail, and not only be blocked; its id without the group. */
  readonly check: string;
  readonly method: string;
  readonly url: RegExp;
  /** Only requests with these headers. */
  readonly having?: (headers: IncomingHttpHeaders) => boolean;
  /** The first of these requests that is changed, counted from 1. Default: 1. */
  readonly from?: number;
  /** Only requests after another one with the same group of this expression. */
  readonly again?: RegExp;
  /** An answer without forwarding the request. */
  readonly answer?: Fault['answer'];
  /** New statuses, by the ones that they replace. */
  readonly status?: Readonly<Record<number, number>>;
  /** Headers by name; `undefined` removes one. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /** Changes the URL of uploads. */
  readonly location?: (location: string) => string;
  readonly body?: (body: string) => string;
}

export const MANIFEST_BY_DIGEST = /\/manifests\/sha256:/;
export const MANIFEST_BY_TAG = /\/manifests\/(?!sha256:)/;
export const MANIFEST = /\/manifests\//;
export const BLOB = /\/blobs\/sha256:/;
export const UPLOADS = /\/blobs\/uploads\/$/;
export const UPLOAD = /\/blobs\/uploads\/[^?]/;
export const TAGS = /\/tags\/list/;
export const REFERRERS = /\/referrers\//;
export const OTHER_DIGEST = `sha256:${'0'.repeat(64)}`;

/** Changes members of a JSON body. */
export function json(change: (value: Record<string, unknown>) => Record<string, unknown>): (body: string) => string {
  return (body) => JSON.stringify(change(JSON.parse(body) as Record<string, unknown>));
}

/** Changes the first byte of a body of more than one byte. */
export function damaged(body: string): string {
  return body.length > 1 ? `${body.startsWith('x') ? 'y' : 'x'}${body.slice(1)}` : body;
}

interface TableOptions {
  /** The registry behind the proxy. Default: one that is open to everybody. */
  readonly start?: (t: ExecutionContext) => Promise<GuardedRegistry>;
  /** Whether each check of the groups must have a mutation. Default: true. */
  readonly isComplete?: boolean;
}

/**
 * A test for each mutation: the check that names the rule fails.
 * @param groups mutations by the group of their checks
 */
export function testMutations(
  groups: Partial<Record<Group, readonly Mutation[]>>,
  { start, isComplete = true }: TableOptions = {},
): void {
  const mutations = Object.entries(groups).flatMap(([group, list]) =>
    list.map((mutation) => ({ ...mutation, id: `${group}/${mutation.check}` })),
  );
  for (const [index, mutation] of mutations.entries()) {
    // Running all at once would make each one slow.
    test.serial(`${index + 1}: ${describe(mutation)}`, async (t) => {
      const checks = CHECKS.filter(({ id }) => id === mutation.id);
      t.is(checks.length, 1);
      t.deepEqual(await outcomes(t, checks, { start, faults: [faultOf(mutation)] }), ['failed']);
    });
  }

  for (const group of Object.keys(groups))
    test.serial(`without a mutation every check of ${group} passes behind the proxy`, async (t) => {
      const checks = CHECKS.filter((check) => check.group === group);
      const found = await outcomes(t, checks, { start, faults: [] });
      t.deepEqual(
        [...new Set(found)].sort().filter((outcome) => outcome !== 'skipped'),
        ['passed'],
      );
    });

  if (isComplete)
    test('each check has a mutation that it finds', (t) => {
      const covered = new Set(mutations.map(({ id }) => id));
      const bare = CHECKS.filter(({ group, id }) => group in groups && !covered.has(id));
      t.deepEqual(
        bare.map(({ id }) => id),
        [],
      );
    });
}

async function outcomes(
  t: ExecutionContext,
  checks: readonly Check[],
  { start, faults }: { start: ((t: ExecutionContext) => Promise<GuardedRegistry>) | undefined; faults: Fault[] },
): Promise<readonly string[]> {
  const guarded = await start?.(t);
  const { address } = guarded ?? (await withRegistry(t));
  const proxy = await FaultProxy.start(t, address);
  proxy.inject(...faults);
  const transport = guarded?.transport(proxy.address);
  const { results } = await verification(t, proxy, { checks, ...(transport && { transport }) });
  for (const { id, outcome, reason } of results) if (reason !== undefined) t.log(outcome, id, reason);
  return results.map(({ outcome }) => outcome);
}

function faultOf(mutation: Mutation): Fault {
  const { body, status = {}, answer, again, from = 1, having = () => true } = mutation;
  const seen = new Set<string>();
  let count = 0;
  return {
    on: (method, url, headers) => {
      if (method !== mutation.method || !mutation.url.test(url) || !having(headers)) return false;
      const key = again?.exec(url)?.[1] ?? '';
      const isAgain = seen.has(key);
      seen.add(key);
      count++;
      return count >= from && (again === undefined || isAgain);
    },
    ...(answer !== undefined && { answer }),
    headers: (headers) => changed(headers, mutation),
    status: (given) => status[given] ?? given,
    ...(body !== undefined && { body: (bytes: Buffer) => Buffer.from(body(bytes.toString('latin1')), 'latin1') }),
  };
}

function changed(
  headers: IncomingHttpHeaders,
  { headers: others = {}, body, location }: Mutation,
): IncomingHttpHeaders {
  return {
    ...headers,
    ...(location !== undefined && headers.location !== undefined && { location: location(headers.location) }),
    ...others,
    // A changed body can have another length.
    ...(body !== undefined && { 'content-length': undefined }),
  };
}

function describe({ id, method, url, ...mutation }: Mutation & { readonly id: string }): string {
  const { check: _check, ...changes } = mutation;
  const what = Object.entries(changes).map(([name, value]) => `${name}: ${textOf(value)}`);
  return `${id} fails when ${method} ${url.source} is changed: ${what.join(', ')}`;
}

function textOf(value: unknown): string {
  if (value instanceof RegExp) return value.source;
  if (typeof value === 'function') return String(value).replaceAll(/\s+/g, ' ');
  return typeof value === 'object' && value !== null ? JSON.stringify(Object.entries(value)) : JSON.stringify(value);
}
