import type { Logger } from '../../core/ports/logger.ts';

/**
 * Brings what Node would write to standard error by itself into the log, where it has the form of every other line: the
 * error that nothing has handled, after which the process ends with code 1, and warnings. Only for a process of which the
 * registry is the program.
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
