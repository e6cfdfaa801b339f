export { ConfigurationError } from './configuration-error.ts';
export {
  changedKeys,
  describeConfiguration,
  documentedKeys,
  protectedKeys,
} from './configuration-keys.ts';
export type { Environment } from './engine/environment.ts';
export {
  type ConfigurationProblem,
  formatKey,
  formatPlace,
  formatProblem,
  type KeyPath,
  type Place,
  parseKey,
} from './engine/problem.ts';
export type { ListenAddress, TcpAddress } from './engine/scalars.ts';
export { isSecretPath, secretsIn } from './engine/secrets.ts';
export { DEFAULT_FILES, findDefaultFile, PACKAGED_FILE } from './find-default-file.ts';
export { type LoadOptions, loadConfiguration } from './load-configuration.ts';
export type { LoadedConfiguration } from './loaded-configuration.ts';
export { PACKAGE_FOLDER } from './package-folder.ts';
export { isReadOnly, wrapsReadOnly } from './read-only.ts';
export {
  isReloadable,
  RELOADABLE_KEYS,
  type ReloadableValues,
  readValue,
  reloadableValues,
  valueOfText,
  withReloadableValues,
} from './reloadable-values.ts';
export { CIPHER_SUITE_NAMES } from './sections/cipher-suites.ts';
export type { CheckSchedule, HealthConfiguration } from './sections/health.ts';
export type { HttpConfiguration } from './sections/http.ts';
export type { ClientAuth, TlsConfiguration } from './sections/http-tls.ts';
export type { Configuration } from './sections/index.ts';
export type { AuditConfiguration, AuditEvent } from './sections/log-audit.ts';
export type { ListedPlugin } from './sections/plugin-choice.ts';
export type { RedisConfiguration } from './sections/redis.ts';
export { settleAll } from './settle-all.ts';
