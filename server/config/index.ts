export type { ListenAddress, TcpAddress } from './address.ts';
export { changedKeys } from './changed-keys.ts';
export type { Configuration, HttpConfiguration, ListedPlugin } from './configuration.ts';
export { ConfigurationError } from './configuration-error.ts';
export { describeConfiguration } from './describe-configuration.ts';
export type { Environment } from './environment.ts';
export { DEFAULT_FILES, findDefaultFile, PACKAGED_FILE } from './find-default-file.ts';
export type { CheckSchedule, HealthConfiguration } from './health.ts';
export { type LoadOptions, loadConfiguration } from './load-configuration.ts';
export type { LoadedConfiguration } from './loaded-configuration.ts';
export {
  type ConfigurationProblem,
  formatKey,
  formatPlace,
  formatProblem,
  type KeyPath,
  type Place,
  parseKey,
} from './problem.ts';
export type { RedisConfiguration } from './redis-schema.ts';
export { secretsIn } from './secrets.ts';
export { settleAll } from './settle-all.ts';
export type { ClientAuth, TlsConfiguration } from './tls-schema.ts';
