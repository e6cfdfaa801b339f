import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DriverCapabilities } from '../../core/driver/index.ts';
import { BUILTIN_DRIVERS, type BuiltinDriver } from '../../drivers/builtin-drivers.ts';

/** A driver of this repository that has a column in the table of capabilities. */
export interface DocumentedDriver extends Pick<BuiltinDriver, 'name' | 'load' | 'sample'> {
  /** Its page, seen from `docs/drivers`. */
  readonly page: string;
}

/** Those that come with Stowage, and the one of the examples. */
export function documentedDrivers(builtin: readonly BuiltinDriver[] = BUILTIN_DRIVERS): readonly DocumentedDriver[] {
  return [...builtin.map((driver) => ({ ...driver, page: `${driver.name}.md` })), EXAMPLE];
}

const EXAMPLE: DocumentedDriver = {
  name: 'sqlite',
  page: '../../examples/driver-sqlite/README.md',
  load: () => import('../../examples/driver-sqlite/src/index.ts'),
  sample: async (folder) => {
    const { default: sqlite } = await import('../../examples/driver-sqlite/src/index.ts');
    return sqlite.create({ file: 'registry.db' }, { baseFolder: folder, warn: () => undefined });
  },
};

/** What a driver claims. */
export async function capabilitiesOf({ sample }: Pick<DocumentedDriver, 'sample'>): Promise<DriverCapabilities> {
  const folder = await mkdtemp(join(tmpdir(), 'stowage-docs-'));
  try {
    await using driver = await sample(folder);
    return driver.capabilities;
  } finally {
    await rm(folder, { recursive: true });
  }
}
