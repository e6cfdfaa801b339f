import type { Configuration } from './sections/index.ts';

/** Whether a wrapper of the storage refuses all changes; nothing but a new start changes that. */
export function wrapsReadOnly({ storage }: Pick<Configuration, 'storage'>): boolean {
  return storage.wrappers.some(({ name }) => name === 'readonly');
}

/** Whether a configuration says that nothing may be stored. */
export function isReadOnly(configuration: Pick<Configuration, 'storage'>): boolean {
  return configuration.storage.readOnly || wrapsReadOnly(configuration);
}
