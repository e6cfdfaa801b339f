import { TypedContainer } from '@inversifyjs/strongly-typed';
import type { BindingModule, PortTypes } from '../../core/di.ts';
import { KINDS } from '../kinds/index.ts';
import type { KindContract } from '../kinds/kind-contract.ts';
import type { PluginKind, PluginPorts } from '../plugin.ts';
import { attempt, type LoadStep, loadError } from './load-step.ts';

/**
 * The ports that a plugin's module binds, each looked at before anybody calls it. They come out of a container of the
 * plugin's own, so that no plugin sees or changes what another one or the registry has bound.
 * @throws PluginLoadError `broken-contract`; `failed` when binding throws
 */
export async function portsOf(module: unknown, kind: PluginKind, plugin: LoadStep): Promise<Partial<PluginPorts>> {
  if (!isBindingModule(module)) {
    throw loadError('broken-contract', plugin, ['its module() gave no BindingModule', `remedy: ${remedyFor(kind)}`]);
  }
  const container = new TypedContainer<PortTypes>();
  await attempt(plugin, 'binding its ports', () => container.loadAsync(module));
  const ports: [PluginKind, unknown][] = [];
  for (const contract of KINDS) {
    if (!container.isBound(contract.token)) continue;
    const port: unknown = await attempt(plugin, 'making its ports', () => container.getAsync(contract.token));
    const problems = await attempt(plugin, 'looking at its ports', () => contract.problems(port));
    if (problems.length > 0) throw loadError('broken-contract', plugin, problems);
    ports.push([contract.kind, port]);
  }
  if (!ports.some(([bound]) => bound === kind)) {
    throw loadError('broken-contract', plugin, [
      `its module() does not bind ${tokenNameOf(kind)}`,
      `remedy: ${remedyFor(kind)}`,
    ]);
  }
  // Each has passed the contract of its kind.
  return Object.fromEntries(ports);
}

function remedyFor(kind: PluginKind): string {
  return `return bindPort(${tokenNameOf(kind)}, …) from module()`;
}

function tokenNameOf(kind: PluginKind): string {
  return KINDS.find((contract: KindContract) => contract.kind === kind)?.tokenName ?? kind;
}

// By shape: a plugin that brings its own copy of the container has another class of the same form.
function isBindingModule(value: unknown): value is BindingModule {
  return (
    typeof value === 'object' && value !== null && 'load' in value && typeof value.load === 'function' && 'id' in value
  );
}
