export type { ListenAddress } from './address.ts';
export type { Configuration, HttpConfiguration, ListedPlugin } from './configuration.ts';
export { describeConfiguration } from './describe-configuration.ts';
export type { Environment } from './environment.ts';
export { type LoadedConfiguration, type LoadOptions, loadConfiguration } from './load-configuration.ts';
export {
  ConfigurationError,
  type ConfigurationProblem,
  formatKey,
  formatPlace,
  formatProblem,
  type KeyPath,
  type Place,
} from './problem.ts';
export type { RedisConfiguration } from './redis-schema.ts';
export type { ClientAuth, TlsConfiguration } from './tls-schema.ts';
