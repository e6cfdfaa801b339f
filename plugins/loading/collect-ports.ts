import type { TypedContainer } from '@inversifyjs/strongly-typed';
import type { BindingModule, Bindings } from '../../core/di.ts';
import { KINDS } from '../kinds/index.ts';
import type { PluginKind, PluginPorts } from '../plugin.ts';
import { attempt, type LoadStep, loadError } from './load-step.ts';

/** The plugin whose ports are collected, and the container that binds them. */
export interface PortsDependencies {
  readonly plugin: LoadStep;
  /** The plugin's own: see `containerFor`. */
  readonly container: TypedContainer<Bindings>;
}

/**
 * Collects the ports that a plugin's module binds, and checks each before it is called.
 * @throws PluginLoadError `broken-contract`; `failed` when binding throws
 */
export async function portsOf(
  module: unknown,
  kind: PluginKind,
  { plugin, container }: PortsDependencies,
): Promise<Partial<PluginPorts>> {
  if (!isBindingModule(module)) {
    throw loadError('broken-contract', plugin, [
      'its module() did not return a BindingModule',
      `remedy: ${remedyFor(kind)}`,
    ]);
  }
  await attempt(plugin, 'binding its ports', () => container.loadAsync(module));
  const ports: [PluginKind, unknown][] = [];
  for (const contract of Object.values(KINDS)) {
    if (!container.isCurrentBound(contract.token)) continue;
    const port: unknown = await attempt(plugin, 'creating its ports', () => container.getAsync(contract.token));
    const problems = await attempt(plugin, 'checking its ports', () => contract.problems(port));
    if (problems.length > 0) throw loadError('broken-contract', plugin, problems);
    ports.push([contract.kind, port]);
  }
  if (!ports.some(([bound]) => bound === kind)) {
    throw loadError('broken-contract', plugin, [
      `its module() does not bind ${KINDS[kind].tokenName}`,
      `remedy: ${remedyFor(kind)}`,
    ]);
  }
  // Each has passed the contract of its kind.
  return Object.fromEntries(ports);
}

function remedyFor(kind: PluginKind): string {
  return `return bindPort(${KINDS[kind].tokenName}, …) from module()`;
}

// Checked by shape: a plugin with its own copy of the container has another class of the same form.
function isBindingModule(value: unknown): value is BindingModule {
  return (
    typeof value === 'object' && value !== null && 'load' in value && typeof value.load === 'function' && 'id' in value
  );
}
