import type { ConnectionRequest } from '../client/connection-request.ts';

/** Where a command of administration works: on the storage of a configuration, or on a registry that runs. */
export type AdminTarget = ConfiguredTarget | RegistryTarget;

/** The storage of a configuration; a registry may serve it meanwhile. */
export interface ConfiguredTarget {
  readonly registry?: undefined;
  /** The configuration file, where one was named. */
  readonly path: string | undefined;
}

/** The admin API of a registry. */
export interface RegistryTarget {
  /** Its host, as references name it. */
  readonly registry: string;
  readonly connection: ConnectionRequest;
}
