import { AuditFileError, AuditLog, type AuditLogDependencies, whyNotOpened } from '../audit/audit-log.ts';
import { ConfigurationError, formatKey, type LoadedConfiguration } from '../config/index.ts';

const FILE = ['log', 'audit', 'file'];

/**
 * Opens the audit log of a configuration; `stack` closes it.
 * @throws ConfigurationError when its file cannot be written
 */
export function openAudit(
  { configuration, baseFolder, locate }: LoadedConfiguration,
  dependencies: AuditLogDependencies,
  stack: AsyncDisposableStack,
): AuditLog {
  const audit = stack.use(new AuditLog(dependencies, { baseFolder }));
  try {
    audit.prepare(configuration.log.audit).adopt();
  } catch (error) {
    if (!(error instanceof AuditFileError)) throw error;
    throw new ConfigurationError([{ ...locate(FILE), key: formatKey(FILE), message: whyNotOpened(error.cause) }]);
  }
  return audit;
}
