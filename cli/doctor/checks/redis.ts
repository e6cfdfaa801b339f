import { examineRedis } from '../../../plugins/coordination/redis/examine-redis.ts';
import { type DoctorCheck, type DoctorFinding, failure, note, ok, warning } from '../check.ts';
import { driftOf } from '../clock-drift.ts';

/** Scripts and hashes that count on it came with 5; older ones are no longer maintained. */
const MIN_MAJOR = 6;

/** What instances need of the Redis that they share. */
export const redis: DoctorCheck = {
  name: 'redis',
  proves: 'Redis answers, allows every command that a registry uses, forgets nothing, and has the right time',
  run: async (examined) => {
    const { version, clock, refused, eviction, latencyMs } = await examineRedis(await examined.redis());
    const findings: DoctorFinding[] = [];
    const found = `Redis ${version ?? 'of an unknown version'} answers in ${latencyMs.toFixed(1)} ms`;
    const isOld = version !== undefined && Number.parseInt(version, 10) < MIN_MAJOR;
    findings.push(isOld ? warning(found, `use Redis ${MIN_MAJOR} or later`) : ok(found));
    findings.push(
      refused.length === 0
        ? ok('the user may run every command that a registry needs')
        : failure(`the user may not run ${refused.join(', ')}`, 'allow them in the ACL of the user'),
    );
    findings.push(driftOf('Redis', { ...clock, coarseMs: 1 }), evictionFinding(eviction));
    return findings;
  },
};

function evictionFinding(eviction: { readonly policy: string; readonly maxBytes: number } | undefined): DoctorFinding {
  if (eviction === undefined) {
    return note('the user may not read maxmemory-policy', 'make sure that it is noeviction: a lost key can end a lock');
  }
  const { policy, maxBytes } = eviction;
  if (policy === 'noeviction') return ok('Redis removes no keys when it is full');
  const finding = `maxmemory-policy is ${policy}`;
  if (maxBytes === 0) return ok(`${finding}, without effect because maxmemory is 0`);
  const remedy = 'set maxmemory-policy noeviction, or give the registry a Redis of its own';
  return warning(`${finding}: a full Redis removes locks and the state of uploads`, remedy);
}
