import {
  BindingModule,
  BROADCAST,
  type Broadcast,
  definePlugin,
  EVENT_SINK,
  type EventSink,
  inject,
  injectable,
  LOCKS,
  LOGGER,
  type Locks,
  type Logger,
  type OptionsSchema,
  PLUGIN_CONTRACT,
  type RegistryEvent,
} from '../../../plugins/index.ts';

/** The path by which a configuration names this plugin under `plugins`. */
export const INJECTED_SINK = new URL('injected-sink.js', import.meta.url).pathname;

/** Logs each event under a lock, and tells other processes of it. */
@injectable()
class InjectedSink implements EventSink {
  constructor(
    @inject(LOGGER) private readonly log: Logger,
    @inject(LOCKS) private readonly locks: Locks,
    @inject(BROADCAST) private readonly broadcast: Broadcast,
  ) {}

  async handle({ action, repository }: RegistryEvent): Promise<void> {
    await using hold = await this.locks.tryAcquire(repository);
    const fields = { action, held: hold !== undefined, secret: 'this is hidden-option' };
    this.log.info(fields, 'seen with hidden-option');
    await this.broadcast.publish('seen', repository);
  }
}

const options: OptionsSchema<unknown> = {
  '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) },
};

export default definePlugin({
  kind: 'event-sink',
  name: 'injected',
  contract: PLUGIN_CONTRACT,
  options,
  module: () => new BindingModule(({ bind }) => void bind(EVENT_SINK).to(InjectedSink).inSingletonScope()),
});
