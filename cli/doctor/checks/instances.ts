import { hostname } from 'node:os';
import { type InstanceRecord, InstanceStore } from '../../../core/storage/instance-store.ts';
import { keyFileIds } from '../../../server/composition/open-signing-keys.ts';
import { ConfigurationError, isReadOnly } from '../../../server/config/index.ts';
import { fingerprintsOf } from '../../../server/lifecycle/secret-fingerprint.ts';
import { type DoctorCheck, type DoctorFinding, type Examined, failure, ok } from '../check.ts';
import { Skipped } from '../skipped.ts';

/** A running registry writes its record every day. */
const MAX_AGE_MS = 2 * 86_400_000;
const KEY_REMEDY =
  'give all instances the same files in auth.token.embedded.key; while a key is replaced, each lists the old and the new one';
const REMEDY =
  'give all instances the same http.secret (and http.secrets), and restart those that have read another file';

/** Compares fingerprints of secrets, and the ids of the keys that sign tokens, which running registries with Redis and this command leave in the storage. */
export const instances: DoctorCheck = {
  name: 'instances',
  proves: 'all instances on the storage have the same secrets and keys of tokens as this configuration',
  run: async (examined) => {
    const { configuration } = examined.configured;
    const { driver } = await examined.storage();
    const store = new InstanceStore(driver);
    const own = { secrets: await fingerprintsOf(configuration.http.secrets), tokenKeys: await ownKeys(examined) };
    const id = `doctor-${hostname()}`;
    const others = [...(await store.all())].filter(([other]) => other !== id);
    const isOld = ({ writtenAt }: InstanceRecord): boolean => Date.now() - Date.parse(writtenAt) > MAX_AGE_MS;
    if (!isReadOnly(configuration)) {
      const record = { name: `stowage doctor on ${hostname()}`, writtenAt: new Date().toISOString(), ...own };
      await store.put(id, record);
      for (const [other, old] of others) if (isOld(old)) await store.remove(other);
    }
    const records = others.map(([, record]) => record).filter((record) => !isOld(record));
    if (records.length === 0) throw new Skipped('no other instance has left a record; run this on each machine');
    const differing = records.flatMap((record) => [
      ...difference(record, own.secrets),
      ...keyDifference(record, own.tokenKeys),
    ]);
    if (differing.length > 0) return differing;
    return [ok(`the same secrets and keys of tokens as ${records.map(({ name }) => name).join(', ')}`)];
  },
};

/** `undefined` when they cannot be read: the check `configuration` says why. */
async function ownKeys({ configured }: Examined): Promise<readonly string[] | undefined> {
  try {
    return await keyFileIds(configured);
  } catch (error) {
    if (error instanceof ConfigurationError) return undefined;
    throw error;
  }
}

function difference({ name, writtenAt, secrets }: InstanceRecord, own: readonly string[]): DoctorFinding[] {
  if (accept(secrets, own)) return [];
  const what = secrets.length === 0 ? 'no http.secret' : 'another http.secret';
  return [failure(`${name} has ${what} (seen at ${writtenAt}), so uploads and tokens fail on one of them`, REMEDY)];
}

function keyDifference(
  { name, writtenAt, tokenKeys }: InstanceRecord,
  own: readonly string[] | undefined,
): DoctorFinding[] {
  if (tokenKeys === undefined || own === undefined || accept(tokenKeys, own)) return [];
  const what = tokenKeys.length === 0 ? 'no key file' : own.length === 0 ? 'a key file' : 'another key';
  const finding = `${name} has ${what} for the tokens that it issues (seen at ${writtenAt}), so tokens fail on one of them`;
  return [failure(finding, KEY_REMEDY)];
}

/** Whether each accepts what the other one signs, which it does with its first. */
function accept(theirs: readonly string[], ours: readonly string[]): boolean {
  const [[their], [our]] = [theirs, ours];
  if (their === undefined || our === undefined) return their === our;
  return ours.includes(their) && theirs.includes(our);
}
