import { hostname } from 'node:os';
import { type InstanceRecord, InstanceStore } from '../../../core/storage/instance-store.ts';
import { isReadOnly } from '../../../server/config/index.ts';
import { fingerprintsOf } from '../../../server/lifecycle/secret-fingerprint.ts';
import { type DoctorCheck, type DoctorFinding, failure, ok } from '../check.ts';
import { Skipped } from '../skipped.ts';

/** A running registry writes its record every day. */
const MAX_AGE_MS = 2 * 86_400_000;
const REMEDY =
  'give all instances the same http.secret (and http.secrets), and restart those that have read another file';

/** Compares fingerprints of secrets, which running registries with Redis and this command leave in the storage. */
export const instances: DoctorCheck = {
  name: 'instances',
  proves: 'all instances on the storage have the same secrets as this configuration',
  run: async (examined) => {
    const { configuration } = examined.configured;
    const { driver } = await examined.storage();
    const store = new InstanceStore(driver);
    const own = await fingerprintsOf(configuration.http.secrets);
    const id = `doctor-${hostname()}`;
    const others = [...(await store.all())].filter(([other]) => other !== id);
    const isOld = ({ writtenAt }: InstanceRecord): boolean => Date.now() - Date.parse(writtenAt) > MAX_AGE_MS;
    if (!isReadOnly(configuration)) {
      const record = { name: `stowage doctor on ${hostname()}`, writtenAt: new Date().toISOString(), secrets: own };
      await store.put(id, record);
      for (const [other, old] of others) if (isOld(old)) await store.remove(other);
    }
    const records = others.map(([, record]) => record).filter((record) => !isOld(record));
    if (records.length === 0) throw new Skipped('no other instance has left a record; run this on each machine');
    const differing = records.flatMap((record) => difference(record, own));
    if (differing.length > 0) return differing;
    return [ok(`the same secrets as ${records.map(({ name }) => name).join(', ')}`)];
  },
};

/** Each must accept what the other one signs. */
function difference({ name, writtenAt, secrets }: InstanceRecord, own: readonly string[]): DoctorFinding[] {
  const [[theirs], [ours]] = [secrets, own];
  const isSame = theirs === undefined ? ours === undefined : own.includes(theirs);
  if (isSame && (ours === undefined || secrets.includes(ours))) return [];
  const what = theirs === undefined ? 'no http.secret' : 'another http.secret';
  return [failure(`${name} has ${what} (seen at ${writtenAt}), so uploads and tokens fail on one of them`, REMEDY)];
}
