import { TypedContainer } from '@inversifyjs/strongly-typed';
import { type Bindings, BROADCAST, LOCKS, LOGGER, REGISTRY } from '../../core/di.ts';
import type { Broadcast } from '../../core/ports/broadcast.ts';
import type { Locks } from '../../core/ports/locks.ts';
import type { Logger } from '../../core/ports/logger.ts';
import type { Registry } from '../../core/registry/registry.ts';
import { errorMessage } from './error-message.ts';
import { withoutHidden } from './hidden-options.ts';

/** What plugins can inject from the registry; each has a token in `stowage/plugin`. */
export interface PluginServices {
  readonly log: Logger;
  readonly locks: Locks;
  readonly broadcast: Broadcast;
  /** With all wrappers, as clients use it; not usable before the last plugin is loaded. */
  readonly registry: Registry;
}

/** The plugin to which services are published. */
export interface ServicesReader {
  /** The name in the plugin's definition. */
  readonly name: string;
  /** Values of its options that the log must not show. */
  readonly hidden: readonly string[];
}

/**
 * A container for one plugin, whose parent publishes the services. What the plugin binds stays in it: no plugin sees or
 * changes what another plugin or the registry has bound. Its log lines carry its name, and its locks and subjects are separate
 * from those of the registry and of plugins with other names.
 */
export function containerFor({ name, hidden }: ServicesReader, services?: PluginServices): TypedContainer<Bindings> {
  const published = new TypedContainer<Bindings>();
  if (services !== undefined) {
    const log = loggerOf(name, hidden, services.log);
    published.bind(LOGGER).toConstantValue(log);
    published.bind(LOCKS).toConstantValue(locksOf(name, services.locks));
    published.bind(REGISTRY).toConstantValue(services.registry);
    published.bind(BROADCAST).toConstantValue(broadcastOf(name, services.broadcast, log));
  }
  return new TypedContainer<Bindings>({ parent: published });
}

function loggerOf(plugin: string, hidden: readonly string[], log: Logger): Logger {
  const tell =
    (level: keyof Logger): Logger[typeof level] =>
    (fields, message) => {
      const shown = Object.entries(fields).map(([key, value]) => {
        return [key, typeof value === 'string' ? withoutHidden(value, hidden) : value] as const;
      });
      log[level]({ plugin, ...Object.fromEntries(shown) }, withoutHidden(message, hidden));
    };
  return { debug: tell('debug'), info: tell('info'), warn: tell('warn'), error: tell('error') };
}

function locksOf(plugin: string, locks: Locks): Locks {
  return { tryAcquire: (key) => locks.tryAcquire(`plugin/${plugin}/${key}`) };
}

function broadcastOf(plugin: string, broadcast: Broadcast, log: Logger): Broadcast {
  // An error here has no caller: it would end the process, and so would a promise that rejects.
  const guarded = async (subject: string, react: () => unknown): Promise<void> => {
    try {
      await react();
    } catch (error) {
      log.error({ subject, error: errorMessage(error) }, 'a subscriber failed');
    }
  };
  return {
    publish: (subject, text) => broadcast.publish(`plugin/${plugin}/${subject}`, text),
    subscribe: (subject, act, missed) => {
      broadcast.subscribe(
        `plugin/${plugin}/${subject}`,
        (text) => void guarded(subject, () => act(text)),
        () => void guarded(subject, missed),
      );
    },
    reach: broadcast.reach,
    get isConnected() {
      return broadcast.isConnected;
    },
  };
}
