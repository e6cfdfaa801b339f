import type { StorageConfiguration } from '../config/sections/storage.ts';
import type { CoreContainer, KeepDeletions } from './core-container.ts';
import type { OpenTrash } from './open-trash.ts';

/** What keeps deletions, if the configuration says so; otherwise nothing of it is loaded. */
export async function keepingDeletions({
  keepDeletedMs,
}: Pick<StorageConfiguration, 'keepDeletedMs'>): Promise<KeepDeletions | undefined> {
  if (keepDeletedMs === 0) return undefined;
  const { createTrash } = await import('./open-trash.ts');
  return (core) => createTrash(core, { keepMs: keepDeletedMs });
}

/** Opens the trash, also of a registry that keeps no deletions any more. It is loaded only now. */
export async function openTrashLate(
  core: Pick<CoreContainer, 'get'>,
  { keepDeletedMs }: Pick<StorageConfiguration, 'keepDeletedMs'>,
): Promise<OpenTrash> {
  const { openTrash } = await import('./open-trash.ts');
  return openTrash(core, { keepMs: keepDeletedMs });
}
