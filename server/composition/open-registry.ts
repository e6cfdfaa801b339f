import { REGISTRY } from '../../core/di.ts';
import { prepareDigests } from '../../core/digest/digest.ts';
import { EventDispatch } from '../../core/events/event-dispatch.ts';
import { NotifyingRegistry } from '../../core/events/notifying-registry.ts';
import { type EmitEvent, eventOf } from '../../core/events/registry-events.ts';
import type { Registry } from '../../core/registry/registry.ts';
import { wrapRegistry } from '../../plugins/loading/wrap-registry.ts';
import type { LoadedConfiguration } from '../config/index.ts';
import { toHttpSettings } from '../http/http-settings.ts';
import { silentLog } from '../jobs/silent-log.ts';
import { coreContainer } from './core-container.ts';
import { keepingDeletions, openTrashLate } from './keep-deletions.ts';
import { COMMAND, keepingTagHistory } from './keep-tag-history.ts';
import { LateRegistry } from './late-registry.ts';
import { loadDriverAndPlugins } from './load-plugins.ts';
import { openCoordination } from './open-coordination.ts';
import type { OpenTrash } from './open-trash.ts';
import { readRedis } from './redis-tls-files.ts';
import { readSchema1Key } from './schema-1-key.ts';

/** A registry that does not serve. */
export interface OpenRegistry extends AsyncDisposable {
  /** With the wrappers of the configuration, and reporting to its event sinks. */
  readonly registry: Registry;
  /** Whether a server of this configuration would refuse changes. */
  readonly isReadOnly: boolean;
  /** What was deleted, below the wrappers. */
  readonly openTrash: () => Promise<OpenTrash>;
  /** Reports to the event sinks. */
  readonly announce: EmitEvent;
}

/**
 * Opens the registry of a configuration without serving it; another process may serve it meanwhile. The composition root
 * of commands that work on its content. It writes no log.
 * @throws Error that says why it failed; nothing is left open
 */
export async function openRegistry(loaded: LoadedConfiguration): Promise<OpenRegistry> {
  await prepareDigests();
  const { configuration } = loaded;
  const settings = toHttpSettings(configuration);
  await using stack = new AsyncDisposableStack();
  const schema1 = await readSchema1Key(loaded);
  const redis = await readRedis(loaded);
  const coordination = await openCoordination({ redis, log: silentLog, stack });
  const late = new LateRegistry();
  const plugins = await loadDriverAndPlugins(loaded, { log: silentLog, stack, redis, coordination, registry: late });
  const { driver, ports } = plugins;
  const [descriptors] = ports['descriptor-cache'];
  const { validation } = configuration;
  const keepDeletions = await keepingDeletions(configuration.storage);
  const keepTagHistory = await keepingTagHistory(configuration.storage, COMMAND);
  const parts = { validation, schema1, descriptors, coordination, keepDeletions, keepTagHistory };
  const core = coreContainer({ driver, log: silentLog, ...parts });
  const events = stack.use(new EventDispatch(ports['event-sink'], { log: silentLog }));
  const wrapped = await wrapRegistry(core.get(REGISTRY), plugins.registryWrappers);
  const registry = events.hasSinks ? new NotifyingRegistry(wrapped, events) : wrapped;
  late.become(registry);
  const resources = stack.move();
  return {
    registry,
    isReadOnly: settings.readOnly || settings.storageReadOnly,
    openTrash: () => openTrashLate(core, configuration.storage),
    announce: (...happened) => events.publish(eventOf(...happened)),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
