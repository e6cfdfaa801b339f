import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Application, Logger, LogLevel, TSConfigReader } from 'typedoc';
import type { PluginOptions } from 'typedoc-plugin-markdown';

// This file runs as dist/docs/generator/driver-contract.js.
const ROOT = join(import.meta.dirname, '../../..');

const HEAD = `# The contract of storage drivers

This page is made from the documentation in \`core/driver\` by \`npm run docs\`; change that. It has all that a driver may
import from \`stowage/driver\`. [write-a-driver.md](write-a-driver.md) shows how to use it.
`;

/** Keeps what typedoc complains of. */
class Complaints extends Logger {
  readonly messages: string[] = [];

  override log(message: string, level: LogLevel): void {
    super.log(message, level);
    if (level >= LogLevel.Warn) this.messages.push(message);
  }
}

/**
 * The reference of `stowage/driver`, as Markdown.
 * @param entryPoint another module to describe
 * @throws Error that lists every exported member without documentation
 */
export async function driverContract(entryPoint = join(ROOT, 'core/driver/index.ts')): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'stowage-docs-'));
  try {
    await describe(entryPoint, folder);
    const page = await readFile(join(folder, 'README.md'), 'utf8');
    return (
      page
        .replace(/^# .*\n/, HEAD)
        .replaceAll(/^\*\*\*\n\n/gm, '')
        // The plugin takes the property `code` of `DriverError` for a second heading of this name.
        .replaceAll('#drivererrorcode-1', '#drivererrorcode')
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function describe(entryPoint: string, folder: string): Promise<void> {
  const options: Parameters<typeof Application.bootstrapWithPlugins>[0] & Partial<PluginOptions> = {
    plugin: ['typedoc-plugin-markdown'],
    logLevel: LogLevel.Warn,
    tsconfig: join(ROOT, 'docs/generator/driver-contract.tsconfig.json'),
    entryPoints: [entryPoint],
    name: 'stowage/driver',
    readme: 'none',
    router: 'module',
    hideBreadcrumbs: true,
    hidePageHeader: true,
    useCodeBlocks: true,
    interfacePropertiesFormat: 'table',
    disableSources: true,
    excludeExternals: true,
    excludePrivate: true,
    // `npm run build` has checked the types.
    skipErrorChecking: true,
    validation: { notExported: true, invalidLink: true, notDocumented: true },
    outputs: [{ name: 'markdown', path: folder }],
  };
  const app = await Application.bootstrapWithPlugins(options, [new TSConfigReader()]);
  const complaints = new Complaints();
  app.logger = complaints;
  const project = await app.convert();
  if (project !== undefined) {
    app.validate(project);
    await app.generateOutputs(project);
  }
  const { messages } = complaints;
  if (messages.length > 0) throw new Error(`the driver contract lacks documentation:\n${messages.join('\n')}`);
}
