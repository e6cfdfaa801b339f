import { TagHistoryAdministration } from '../../core/admin/tag-history-administration.ts';
import { TagRestoration } from '../../core/admin/tag-restoration.ts';
import { REGISTRY } from '../../core/di.ts';
import type { ManifestService } from '../../core/registry/manifest-service.ts';
import { RevisionStore } from '../../core/storage/revision-store.ts';
import { TagHistoryStore } from '../../core/storage/tag-history-store.ts';
import { TagStore } from '../../core/storage/tag-store.ts';
import { AsOf } from '../../core/tag-history/as-of.ts';
import { AsOfManifestService } from '../../core/tag-history/as-of-manifest-service.ts';
import { HistoryPruner } from '../../core/tag-history/history-pruner.ts';
import { TagHistory, type TagHistoryDependencies, type TagHistoryOptions } from '../../core/tag-history/tag-history.ts';
import type { CoreContainer } from './core-container.ts';

/** The history of tags of a storage. */
export interface OpenTagHistory {
  readonly history: TagHistory;
  readonly asOf: AsOf;
}

/** How the history of a core is opened. */
export interface OpenTagHistoryOptions extends TagHistoryOptions, Pick<TagHistoryDependencies, 'now'> {}

/** Opens the history of a core, also of one that records nothing any more. */
export function openTagHistory(
  core: Pick<CoreContainer, 'get'>,
  { now, ...options }: OpenTagHistoryOptions = {},
): OpenTagHistory {
  const history = new TagHistory({ store: core.get(TagHistoryStore), tags: core.get(TagStore), now }, options);
  return { history, asOf: new AsOf({ history, revisions: core.get(RevisionStore) }) };
}

/** Serves manifests as of a time as well. */
export function serveAsOf(manifests: ManifestService, core: Pick<CoreContainer, 'get'>): ManifestService {
  return new AsOfManifestService(manifests, openTagHistory(core).asOf);
}

/** What the admin API and commands read. */
export function openTagHistoryAdministration(core: Pick<CoreContainer, 'get'>): TagHistoryAdministration {
  const [store, tags] = [core.get(TagHistoryStore), core.get(TagStore)];
  return new TagHistoryAdministration({ ...openTagHistory(core), store, tags });
}

/**
 * What points tags back to what they were.
 * @param manifests those of the registry, with all wrappers, and reporting to event sinks
 */
export function openTagRestoration(
  core: Pick<CoreContainer, 'get'>,
  manifests: Pick<ManifestService, 'put'>,
): TagRestoration {
  const { manifests: stored } = core.get(REGISTRY);
  const history = openTagHistoryAdministration(core);
  return new TagRestoration({ history, tags: core.get(TagStore), stored, manifests });
}

/** What removes old records. */
export function openHistoryPruner(core: Pick<CoreContainer, 'get'>): HistoryPruner {
  return new HistoryPruner(core.get(TagHistoryStore));
}
