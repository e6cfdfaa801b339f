import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Application, Logger, LogLevel, TSConfigReader } from 'typedoc';
import type { PluginOptions } from 'typedoc-plugin-markdown';

// This file runs as dist/docs/generator/api-reference.js.
const ROOT = join(import.meta.dirname, '../../..');

/** Which module is described, and how. */
export interface ApiReferenceOptions {
  /** The module, from the root of the repository or absolute. */
  readonly entryPoint: string;
  /** What the module is called when it is imported, and in complaints. */
  readonly name: string;
  /** The start of the page, with its heading. */
  readonly head: string;
  /** What must have documentation, as typedoc calls it; all kinds unless given. */
  readonly documented?: readonly string[];
}

/** Keeps what typedoc complains of. */
class Complaints extends Logger {
  readonly messages: string[] = [];

  override log(message: string, level: LogLevel): void {
    super.log(message, level);
    // What is released is said by the class.
    const isDisposal = message.includes('.[asyncDispose] (CallSignature)');
    if (level >= LogLevel.Warn && !isDisposal) this.messages.push(message);
  }
}

/**
 * The reference of a module that is published, as Markdown.
 * @throws Error that lists every exported member without documentation, and every type that is used and not exported
 */
export async function apiReference(options: ApiReferenceOptions): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'stowage-docs-'));
  try {
    await describe(options, folder);
    const page = await readFile(join(folder, 'README.md'), 'utf8');
    return withExistingAnchors(page.replace(/^# .*\n/, options.head).replaceAll(/^\*\*\*\n\n/gm, ''));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The plugin takes a property `code` of `SomeError` for a second heading of the name `SomeErrorCode`. */
function withExistingAnchors(page: string): string {
  const counts = new Map<string, number>();
  const anchors = new Set(Array.from(page.matchAll(/<a id="([^"]+)">/g), ([, id]) => id));
  for (const [, heading = ''] of page.matchAll(/^#+ (.*)$/gm)) {
    const slug = heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-');
    const count = counts.get(slug) ?? 0;
    counts.set(slug, count + 1);
    anchors.add(count === 0 ? slug : `${slug}-${count}`);
  }
  return page.replaceAll(/\(#([\w-]+)-\d+\)/g, (link, name: string) =>
    anchors.has(link.slice(2, -1)) ? link : `(#${name})`,
  );
}

async function describe({ entryPoint, name, documented }: ApiReferenceOptions, folder: string): Promise<void> {
  const options: Parameters<typeof Application.bootstrapWithPlugins>[0] & Partial<PluginOptions> = {
    plugin: ['typedoc-plugin-markdown'],
    logLevel: LogLevel.Warn,
    tsconfig: join(ROOT, 'docs/generator/published.tsconfig.json'),
    entryPoints: [join(ROOT, entryPoint)],
    name,
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
    ...(documented === undefined ? {} : { requiredToBeDocumented: documented as never }),
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
  if (messages.length > 0) throw new Error(`${name} lacks documentation:\n${messages.join('\n')}`);
}
