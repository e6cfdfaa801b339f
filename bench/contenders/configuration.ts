import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The settings that differ between registries. */
export interface ConfigurationOptions {
  /** `<host>:<port>`. */
  readonly address: string;
  /** The name of the driver with its options. */
  readonly storage: Readonly<Record<string, object>>;
  readonly http?: object;
  /** The cache of blob descriptors; the default is the one that Debian configures. */
  readonly cache?: string;
  readonly others?: object;
}

/** The storage on a disk, in a folder that is created. */
export function diskStorage(root: string): { filesystem: { rootdirectory: string } } {
  mkdirSync(root, { recursive: true });
  return { filesystem: { rootdirectory: root } };
}

/**
 * Writes the configuration of a registry into `folder`, and returns its file. Equal terms for all: roots on one disk,
 * no authentication, no access log, deletes allowed, a descriptor cache in memory.
 */
export function configurationFile(folder: string, name: string, options: ConfigurationOptions): string {
  const { address, storage, http = {}, cache = 'inmemory', others = {} } = options;
  const file = join(folder, `${name} at ${address}.yml`);
  const configuration = {
    version: 0.1,
    log: { level: 'error', accesslog: { disabled: true } },
    storage: {
      ...storage,
      delete: { enabled: true },
      cache: { blobdescriptor: cache },
      maintenance: { uploadpurging: { enabled: false } },
    },
    http: { addr: address, secret: 'only for this benchmark, which nobody else can reach', ...http },
    catalog: { maxentries: 1000 },
    ...others,
  };
  // JSON is also YAML.
  writeFileSync(file, JSON.stringify(configuration));
  return file;
}
