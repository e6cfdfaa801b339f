import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { whyNotOpened } from '../../server/audit/audit-log.ts';
import { ConfigurationError, formatKey, type LoadedConfiguration } from '../../server/config/index.ts';

const FILE = ['log', 'audit', 'file'];

/**
 * Checks that the file of the audit log can be written, or made in its folder; it is left as it is.
 * @throws ConfigurationError when it cannot
 */
export function inspectAuditFile({ configuration, baseFolder, locate }: LoadedConfiguration): void {
  const { file } = configuration.log.audit;
  if (file === undefined) return;
  const path = resolve(baseFolder, file);
  try {
    if (existsSync(path)) requireWritableFile(path);
    else accessSync(dirname(path), constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new ConfigurationError([{ ...locate(FILE), key: formatKey(FILE), message: whyNotOpened(error) }]);
  }
}

function requireWritableFile(path: string): void {
  if (statSync(path).isDirectory()) throw new Error(`${path} is a folder`);
  accessSync(path, constants.W_OK);
}
