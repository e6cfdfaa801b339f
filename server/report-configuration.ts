import type { Logger } from '../core/ports.ts';
import type { LoadedConfiguration } from './config/index.ts';

/** Logs what there is to say about a configuration that is valid. */
export function reportConfiguration({ warnings, notYetInEffect }: LoadedConfiguration, log: Logger): void {
  for (const warning of warnings) log.warn({}, warning);
  for (const key of notYetInEffect) log.warn({ key }, `${key} is set, but has no effect in this version`);
}
