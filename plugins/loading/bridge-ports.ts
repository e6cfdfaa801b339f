import type { PluginPorts } from '../plugin.ts';
import { BridgedAccessController, type FirstAccessController } from './bridged-access-controller.ts';

/** The oldest contract whose plugins are taken. */
export const OLDEST_PLUGIN_CONTRACT = 1;

/** The ports of a plugin that was written for `contract`, as ports of the contract of now. */
export function bridgePorts<Ports extends Partial<PluginPorts>>(ports: Ports, contract: number): Ports {
  const { 'access-controller': controller, ...others } = ports;
  if (contract > 1 || controller === undefined) return ports;
  // What is bound as another port, too, is disposed as that.
  const isShared = Object.values(others).includes(controller);
  // A controller of contract 1 has the same methods, which give less.
  const first = controller as unknown as FirstAccessController;
  return { ...ports, 'access-controller': new BridgedAccessController(first, { disposes: !isShared }) };
}
