import { resolve } from 'node:path';
import type { Logger } from '../../core/ports/logger.ts';
import type { LoadedConfiguration } from '../config/index.ts';

/** Logs the file, the warnings and the keys without effect of a valid configuration. */
export function reportConfiguration(
  { file, warnings, notYetInEffect, ofServices }: LoadedConfiguration,
  log: Logger,
): void {
  log.info({ file: resolve(file) }, 'configuration read');
  if (ofServices.length > 0)
    log.debug({ variables: ofServices }, 'environment variables that describe other services are ignored');
  for (const warning of warnings) log.warn({}, warning);
  for (const key of notYetInEffect) log.warn({ key }, `${key} is set, but has no effect in this version`);
}
