import type { AccessController } from '../../core/ports/access-controller.ts';
import type { DriverWrapper } from '../../core/ports/driver-wrapper.ts';
import type { PluginPorts } from '../plugin.ts';
import { BridgedAccessController, type FirstAccessController } from './bridged-access-controller.ts';
import { BridgedDriverWrapper } from './bridged-driver-wrapper.ts';

/** The oldest contract whose plugins can be loaded. */
export const OLDEST_PLUGIN_CONTRACT = 1;

/** Adapts the ports of a plugin that was written for `contract` to the current contract. */
export function bridgePorts<Ports extends Partial<PluginPorts>>(ports: Ports, contract: number): Ports {
  if (contract > 1) return ports;
  const { 'access-controller': controller, 'driver-wrapper': wrapper } = ports;
  return {
    ...ports,
    ...(controller && { 'access-controller': bridgedController(ports, controller) }),
    ...(wrapper && 'figures' in wrapper && { 'driver-wrapper': bridgedWrapper(ports, wrapper) }),
  };
}

function bridgedController(ports: Partial<PluginPorts>, controller: AccessController): AccessController {
  // A controller of contract 1 has the same methods, which return less.
  const first = controller as unknown as FirstAccessController;
  return new BridgedAccessController(first, { disposes: isBoundOnce(ports, controller) });
}

function bridgedWrapper(ports: Partial<PluginPorts>, wrapper: DriverWrapper): DriverWrapper {
  return new BridgedDriverWrapper(wrapper, { disposes: isBoundOnce(ports, wrapper) });
}

/** Whether the object is bound to one port only. An object that is bound to several ports is disposed with another one. */
function isBoundOnce(ports: Partial<PluginPorts>, port: unknown): boolean {
  return Object.values(ports).filter((other: unknown) => other === port).length === 1;
}
