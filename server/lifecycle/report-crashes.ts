import type { Logger } from '../../core/ports/logger.ts';

/**
 * Logs what Node would otherwise print to standard error in its own format: warnings, and an unhandled error, after which the
 * process exits with code 1. Only for a process that runs nothing but the registry.
 */
export function reportCrashes(log: Pick<Logger, 'error' | 'warn'>): void {
  process.on('uncaughtException', (error) => {
    log.error({ err: error }, 'an unexpected error ended the process; please report it with this line');
    process.exit(1);
  });
  process.removeAllListeners('warning');
  process.on('warning', ({ name, message, ...warning }: Error & { readonly code?: string }) => {
    log.warn({ name, code: warning.code }, message);
  });
}
