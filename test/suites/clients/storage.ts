import { join } from 'node:path';
import { emulatorNeeds, emulatorUrl, newBucket } from '../gcs/emulator.ts';

/** Set by the suite `clients-gcs`. */
const ON_GCS = process.env['CLIENTS_STORAGE'] === 'gcs';

/** Programs that the storage of the registries needs. */
export const storageNeeds: readonly string[] = ON_GCS ? emulatorNeeds : [];

/** An empty storage for one registry: files in `folder`, or a bucket of the emulator of Cloud Storage. */
export async function emptyStorage(folder: string): Promise<Readonly<Record<string, unknown>>> {
  if (ON_GCS) return { gcs: { bucket: await newBucket(), endpoint: await emulatorUrl() } };
  return { filesystem: { rootdirectory: join(folder, 'root') } };
}
