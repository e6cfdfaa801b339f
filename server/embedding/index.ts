/** A registry in another program: published as `stowage`. */
export { ConfigurationError } from '../config/index.ts';
export {
  createRegistry,
  type EmbeddedRegistry,
  type EmbeddingOptions,
  type HostContext,
} from './create-registry.ts';
export type { ConfigurationObject } from './given-configuration.ts';
export { startTestRegistry, type TestRegistry, type TestRegistryOptions } from './start-test-registry.ts';
