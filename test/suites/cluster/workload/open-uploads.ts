import { childPath, DriverError, type StorageDriver, type StoragePath } from '../../../../core/driver/index.ts';

const REPOSITORIES = '/docker/registry/v2/repositories' as StoragePath;

/** The folders of all uploads that are neither finished nor removed. */
export async function openUploads(driver: StorageDriver, folder = REPOSITORIES): Promise<string[]> {
  const uploads: string[] = [];
  try {
    for await (const { name, isFolder } of driver.list(folder)) {
      const path = childPath(folder, name);
      if (name === '_uploads') for await (const upload of driver.list(path)) uploads.push(`${path}/${upload.name}`);
      else if (isFolder && !name.startsWith('_')) uploads.push(...(await openUploads(driver, path)));
    }
  } catch (error) {
    // Another process was faster.
    if (!DriverError.is(error, 'not-found')) throw error;
  }
  return uploads;
}
