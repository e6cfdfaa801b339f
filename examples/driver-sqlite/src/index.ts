import { resolve } from 'node:path';
import { DRIVER_CONTRACT, defineDriver, type OptionsResult } from 'stowage/driver';
import { connect } from './database.ts';
import { SqliteDriver } from './sqlite-driver.ts';

/** `storage: { sqlite: { file: registry.db } }`; a relative path starts at the folder of the configuration file. */
export default defineDriver({
  name: 'sqlite',
  contract: DRIVER_CONTRACT,
  // The schema of any library that speaks Standard Schema fits here; a single option needs none.
  options: { '~standard': { version: 1, vendor: 'stowage-driver-sqlite', validate } },
  create: async ({ file }, { baseFolder }) => new SqliteDriver(connect(resolve(baseFolder, file))),
});

function validate(options: unknown): OptionsResult<{ readonly file: string }> {
  const { file, ...others } = Object(options) as Readonly<Record<string, unknown>>;
  const issues = Object.keys(others).map((key) => ({ path: [key], message: 'is unknown; the only option is "file"' }));
  if (typeof file === 'string' && file !== '') return issues.length > 0 ? { issues } : { value: { file } };
  return { issues: [{ path: ['file'], message: 'must name the database file' }, ...issues] };
}
