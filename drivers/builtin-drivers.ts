import type { DriverDefinition, PluginContext, StorageDriver } from '../core/driver/index.ts';

/**
 * A driver that comes with Stowage. It consists of its entry in {@link BUILTIN_DRIVERS}, its folder and its page
 * `docs/drivers/<name>.md`. The loader, the known names of the configuration, the tables of the documentation and the
 * import rule are all derived from the entry.
 */
export interface BuiltinDriver {
  /** The key under `storage:`. */
  readonly name: string;
  /** Alternative keys. */
  readonly aliases?: readonly string[];
  /** Where it stores content: completes "keeps content …". */
  readonly summary: string;
  /** The packages that only this driver imports, usually an SDK. */
  readonly packages: readonly string[];
  /** Imports the driver. Only a registry that configures the driver loads its packages. */
  readonly load: () => Promise<{ readonly default: Pick<DriverDefinition, 'name' | 'options'> }>;
  /**
   * Creates a driver for the documentation, which reads its capabilities. The driver keeps its files in `folder` and
   * sends no requests.
   */
  readonly sample: (folder: string) => Promise<StorageDriver>;
}

/** The drivers that come with Stowage. */
export const BUILTIN_DRIVERS: readonly BuiltinDriver[] = [
  {
    name: 'azure',
    summary: "in Azure Blob Storage, with distribution's keys",
    packages: ['@azure/identity'],
    load: () => import('./azure/index.ts'),
    sample: async (): Promise<StorageDriver> => (await import('./azure/sample.ts')).sampleDriver(),
  },
  {
    name: 'filesystem',
    summary: 'in files, laid out as distribution lays them out',
    packages: [],
    load: () => import('./filesystem/index.ts'),
    sample: async (folder: string): Promise<StorageDriver> => {
      const { default: filesystem } = await import('./filesystem/index.ts');
      return filesystem.create({ rootdirectory: folder, maxthreads: 25 }, sampleContext(folder));
    },
  },
  {
    name: 'gcs',
    summary: "in Google Cloud Storage, with distribution's keys",
    packages: ['@google-cloud/storage', 'google-auth-library'],
    load: () => import('./gcs/index.ts'),
    sample: async (): Promise<StorageDriver> => (await import('./gcs/sample.ts')).sampleDriver(),
  },
  {
    name: 'inmemory',
    aliases: ['memory'],
    summary: 'in the memory of the process, for tests',
    packages: [],
    load: () => import('./memory/index.ts'),
    sample: async (folder: string): Promise<StorageDriver> => {
      const { default: memory } = await import('./memory/index.ts');
      return memory.create({}, sampleContext(folder));
    },
  },
  {
    name: 's3',
    aliases: ['s3aws'],
    summary: "in Amazon S3, or a store that understands its API, with distribution's keys",
    packages: ['@aws-sdk/client-s3', '@aws-sdk/s3-request-presigner'],
    load: () => import('./s3/index.ts'),
    sample: async (): Promise<StorageDriver> => (await import('./s3/sample.ts')).sampleDriver(),
  },
];

/** Drivers of distribution or of a later version of Stowage, with the reason why each is missing. */
export const MISSING_DRIVERS: Readonly<Record<string, string>> = {
  oss: 'it exists in distribution, but not in Stowage',
  rados: 'it exists in distribution, but not in Stowage',
  s3goamz: 'it exists in distribution, but not in Stowage',
  swift: 'it exists in distribution, but not in Stowage',
  testdriver: 'it exists in distribution, but not in Stowage',
};

function sampleContext(baseFolder: string): PluginContext {
  return { baseFolder, warn: () => undefined };
}
