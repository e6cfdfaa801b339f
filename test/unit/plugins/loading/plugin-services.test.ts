import test from 'ava';
import { parseRepositoryName } from '../../../../core/model/reference.ts';
import type { Broadcast } from '../../../../core/ports/broadcast.ts';
import type { RegistryEvent } from '../../../../core/ports/event-sink.ts';
import type { Locks } from '../../../../core/ports/locks.ts';
import type { Logger } from '../../../../core/ports/logger.ts';
import { singleProcess } from '../../../../plugins/coordination/coordination.ts';
import { loadPlugin } from '../../../../plugins/loading/load-plugin.ts';
import { PluginLoadError } from '../../../../plugins/loading/plugin-load-error.ts';
import type { PluginServices } from '../../../../plugins/loading/plugin-services.ts';
import { memoryRegistry } from '../../../helpers/core/memory-registry.ts';
import { INJECTED_SINK } from '../../../helpers/plugins/injected-sink.ts';
import { folderWith, pluginSource } from './fixture-folder.ts';

const EVENT: RegistryEvent = {
  id: '1',
  at: new Date(0),
  action: 'push',
  target: 'manifest',
  repository: parseRepositoryName('a/b'),
  digest: undefined,
  tag: undefined,
  mediaType: undefined,
  size: undefined,
  fromRepository: undefined,
  user: undefined,
  method: 'PUT',
  requestId: '2',
};

/** Services of a single registry, and the calls to them. */
function notedServices(): { readonly services: PluginServices; readonly noted: unknown[] } {
  const noted: unknown[] = [];
  const { locks, broadcast } = singleProcess();
  const note =
    (level: keyof Logger): Logger['info'] =>
    (fields, message) =>
      void noted.push([level, fields, message]);
  const log: Logger = { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') };
  const notedLocks: Locks = { tryAcquire: (key) => (noted.push(['lock', key]), locks.tryAcquire(key)) };
  const notedBroadcast: Broadcast = {
    publish: async (subject, text) => void noted.push(['publish', subject, text]),
    subscribe: broadcast.subscribe.bind(broadcast),
    reach: broadcast.reach,
    isConnected: true,
  };
  return { services: { log, locks: notedLocks, broadcast: notedBroadcast, registry: memoryRegistry() }, noted };
}

const place = { at: 'plugins[0]', baseFolder: process.cwd(), warn: (): void => undefined };

test('the class of a plugin gets the log, the locks and the broadcast of the registry, under the name of the plugin', async (t) => {
  const { services, noted } = notedServices();
  const options = { password: 'hidden-option' };
  const { ports } = await loadPlugin({ ...place, kind: 'event-sink', name: INJECTED_SINK, options, services });
  await ports['event-sink'].handle(EVENT, AbortSignal.timeout(60_000));
  t.deepEqual(noted, [
    ['lock', 'plugin/injected/a/b'],
    ['info', { plugin: 'injected', action: 'push', held: true, secret: 'this is ********' }, 'seen with ********'],
    ['publish', 'plugin/injected/seen', 'a/b'],
  ]);
});

test('a plugin without decorators names the arguments of its factory', async (t) => {
  const { services, noted } = notedServices();
  const module = `() => new BindingModule(({ bind }) => {
    bind(EVENT_SINK).toResolvedValue((log) => ({ handle: async () => log.warn({}, 'heard') }), [LOGGER]);
  })`;
  const baseFolder = await folderWith(t, { 'p.mjs': pluginSource('event-sink', module) });
  const { ports } = await loadPlugin({
    ...place,
    baseFolder,
    kind: 'event-sink',
    name: './p.mjs',
    options: {},
    services,
  });
  await ports['event-sink'].handle(EVENT, AbortSignal.timeout(60_000));
  t.deepEqual(noted, [['warn', { plugin: 'fixture' }, 'heard']]);
});

test('the bindings of one plugin are invisible to another', async (t) => {
  const { services } = notedServices();
  const files = {
    'binds.mjs': pluginSource(
      'event-sink',
      `() => new BindingModule(({ bind }) => {
        bind(EVENT_SINK).toConstantValue({ handle() {} });
        bind(LOGGER).toConstantValue({});
        bind(Symbol.for('mine')).toConstantValue({ handle() {} });
      })`,
    ),
    'asks.mjs': pluginSource(
      'event-sink',
      `() => new BindingModule(({ bind }) => {
        bind(EVENT_SINK).toResolvedValue((mine) => mine, [Symbol.for('mine')]);
      })`,
    ),
  };
  const baseFolder = await folderWith(t, files);
  const load = (name: string) => loadPlugin({ ...place, baseFolder, name, options: {}, services });
  await t.notThrowsAsync(load('./binds.mjs'));
  const error = await t.throwsAsync(load('./asks.mjs'), { instanceOf: PluginLoadError });
  t.is(error.code, 'failed');
});

test('a subscriber of a plugin that throws, or whose promise rejects, is logged under its name and ends nothing', async (t) => {
  const { services, noted } = notedServices();
  const heard: { act: (text: string) => void; missed: () => void }[] = [];
  const broadcast: Broadcast = {
    ...services.broadcast,
    subscribe: (_subject, act, missed) => void heard.push({ act, missed }),
  };
  const module = `() => new BindingModule(({ bind }) => {
    bind(EVENT_SINK).toResolvedValue((broadcast) => {
      broadcast.subscribe('seen', (text) => { throw new Error('at ' + text); }, async () => { throw new Error('later'); });
      return { handle() {} };
    }, [BROADCAST]);
  })`;
  const source = pluginSource('event-sink', module).replace('LOGGER', 'BROADCAST, LOGGER');
  const baseFolder = await folderWith(t, { 'p.mjs': source });
  const request = { ...place, baseFolder, kind: 'event-sink', name: './p.mjs', options: {} } as const;
  await loadPlugin({ ...request, services: { ...services, broadcast } });
  t.notThrows(() => heard[0]?.act('once'));
  t.notThrows(() => heard[0]?.missed());
  await new Promise((resolve) => setImmediate(resolve));
  t.deepEqual(noted, [
    ['error', { plugin: 'fixture', subject: 'seen', error: 'at once' }, 'a subscriber failed'],
    ['error', { plugin: 'fixture', subject: 'seen', error: 'later' }, 'a subscriber failed'],
  ]);
});
