import { REGISTRY } from '../../core/di.ts';
import { EventDispatch } from '../../core/events/event-dispatch.ts';
import { NotifyingRegistry } from '../../core/events/notifying-registry.ts';
import type { Logger } from '../../core/ports/logger.ts';
import type { Registry } from '../../core/registry/registry.ts';
import type { Policy } from '../../plugins/authorization/policy.ts';
import { guardTags } from '../../plugins/authorization/policy-tags.ts';
import type { Coordination } from '../../plugins/coordination/coordination.ts';
import { wrapRegistry } from '../../plugins/loading/wrap-registry.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import { recordOfRetention } from '../audit/record-of-retention.ts';
import type { LoadedConfiguration } from '../config/index.ts';
import type { HttpSettings } from '../http/http-settings.ts';
import type { ConfiguredJobsDependencies } from '../jobs/configured-jobs.ts';
import type { CoreContainer } from './core-container.ts';
import type { LateRegistry } from './late-registry.ts';
import type { DriverAndPlugins } from './load-plugins.ts';
import { openAudit } from './open-audit.ts';

/** What a job needs that deletes what clients see. */
export interface ChangingParts {
  /** With all wrappers, and reporting to event sinks. */
  readonly registry: Pick<Registry, 'manifests'>;
  readonly audit: Pick<AuditLog, 'isOn' | 'wants' | 'write' | 'allowsChanges'>;
}

/** What these parts are opened with. */
export interface OpenChangingDependencies {
  readonly log: Logger;
  readonly stack: AsyncDisposableStack;
  readonly coordination: Coordination;
  readonly core: CoreContainer;
  readonly plugins: DriverAndPlugins;
  readonly settings: Pick<HttpSettings, 'policy'>;
  /** Becomes the registry. */
  readonly late: LateRegistry;
}

/** Opens the registry around a core, as a server would, for jobs of a process that does not serve. */
export async function openChanging(
  loaded: LoadedConfiguration,
  { log, stack, coordination, core, plugins, settings, late }: OpenChangingDependencies,
): Promise<ChangingParts> {
  const events = stack.use(new EventDispatch(plugins.ports['event-sink'], { log }));
  const guarded = guardTags(core.get(REGISTRY), { policy: () => settings.policy, locks: coordination.locks });
  const wrapped = await wrapRegistry(guarded, plugins.registryWrappers);
  const registry = events.hasSinks ? new NotifyingRegistry(wrapped, events) : wrapped;
  late.become(registry);
  return { registry, audit: openAudit(loaded, { log, sinks: events, metrics: undefined }, stack) };
}

/** What the job `retention` works on. */
export function retentionParts(
  core: CoreContainer,
  {
    policy,
    changing,
    recordPulls,
  }: Pick<ConfiguredJobsDependencies['retention'], 'recordPulls'> & {
    readonly policy: () => Policy | undefined;
    readonly changing: ChangingParts | undefined;
  },
): ConfiguredJobsDependencies['retention'] {
  const audit = changing?.audit;
  return {
    load: async () => {
      const { RepositoryRetention } = await import('../../core/retention/repository-retention.ts');
      return core.get(RepositoryRetention);
    },
    manifests: changing?.registry.manifests,
    recordPulls,
    isProtected: (name, tag) => policy()?.immutableTags.some((rules) => rules.isImmutable(name, tag)) === true,
    mayRemove: () => audit?.allowsChanges() !== false,
    onRemoved:
      audit &&
      ((removed) => {
        if (audit.isOn && audit.wants('delete')) audit.write([recordOfRetention(removed)]);
      }),
  };
}
