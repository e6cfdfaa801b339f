import type { Actor } from '../../core/registry/call-context.ts';
import type { StorageConfiguration } from '../config/sections/storage.ts';
import type { KeepTagHistory } from './core-container.ts';

/** The actor of calls by commands that name nobody. */
export const COMMAND: Actor = { name: 'stowage', kind: 'command' };

/**
 * What records moves of tags, if the configuration says so; otherwise nothing of it is loaded.
 * @param actor who moves tags by calls that name nobody
 */
export async function keepingTagHistory(
  { tagHistory }: Pick<StorageConfiguration, 'tagHistory'>,
  actor?: Actor,
): Promise<KeepTagHistory | undefined> {
  if (tagHistory.keepMs === 0) return undefined;
  const { openTagHistory, serveAsOf } = await import('./open-tag-history.ts');
  return { create: (core) => openTagHistory(core, { actor }).history, serve: serveAsOf };
}
