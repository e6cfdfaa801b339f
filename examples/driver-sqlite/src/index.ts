import { mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { DRIVER_CONTRACT, defineDriver, type OptionsResult } from 'stowage/driver';
import { connect } from './database.ts';
import { SqliteDriver } from './sqlite-driver.ts';

/** `storage: { sqlite: { file: registry.db } }`; a relative path starts at the folder of the configuration file. */
export default defineDriver({
  name: 'sqlite',
  contract: DRIVER_CONTRACT,
  options: { '~standard': { version: 1, vendor: 'stowage-driver-sqlite', validate } }, // any Standard Schema fits
  create: async (options, { baseFolder }) => {
    const file = resolve(baseFolder, options.file);
    await mkdir(dirname(file), { recursive: true });
    return new SqliteDriver(connect(file));
  },
});

function validate(options: unknown): OptionsResult<{ readonly file: string }> {
  const { file, ...others } = Object(options) as Readonly<Record<string, unknown>>;
  const issues = Object.keys(others).map((key) => ({ path: [key], message: 'is unknown; the only option is "file"' }));
  if (typeof file === 'string' && file !== '') return issues.length > 0 ? { issues } : { value: { file } };
  return { issues: [{ path: ['file'], message: 'must name the database file' }, ...issues] };
}
