import { BindingModule, DRIVER_WRAPPER } from '../../core/di.ts';
import type { OptionsSchema, PluginContext } from '../../core/driver/index.ts';
import type { DriverWrapper } from '../../core/ports/driver-wrapper.ts';
import { definePlugin, PLUGIN_CONTRACT, type PluginDefinition } from '../plugin.ts';

/** The definition of a wrapper without other bindings. */
export interface WrapperDependencies<Options> {
  readonly name: string;
  readonly options: OptionsSchema<Options>;
  readonly wrap: (options: Options, context: PluginContext) => DriverWrapper['wrap'];
}

/** A plugin of the kind `driver-wrapper` that binds only the wrapper. */
export function defineWrapper<Options>({
  name,
  options,
  wrap,
}: WrapperDependencies<Options>): PluginDefinition<Options> {
  return definePlugin({
    kind: 'driver-wrapper',
    name,
    contract: PLUGIN_CONTRACT,
    options,
    module: (parsed, context) =>
      new BindingModule(({ bind }) => void bind(DRIVER_WRAPPER).toConstantValue({ wrap: wrap(parsed, context) })),
  });
}
