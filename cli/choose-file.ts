import { DEFAULT_FILES, findDefaultFile, PACKAGED_FILE } from '../server/config/index.ts';
import { UsageError } from './usage-error.ts';

/** A command that works on a configuration. */
export interface ConfiguredCommand {
  /** The name of the command. */
  readonly kind: string;
  /** The file, where one was named. */
  readonly path: string | undefined;
}

/**
 * The configuration file of a command: the one that was named, or the one that distribution would take, or the one that
 * comes with the package. Says which it is, unless it was named.
 * @throws UsageError when the command needs a named configuration, so that it never works on an unintended storage
 */
export async function chooseFile(
  { kind, path }: ConfiguredCommand,
  { say, files = DEFAULT_FILES }: { readonly say: (line: string) => void; readonly files?: readonly string[] },
): Promise<string> {
  if (path !== undefined) return path;
  const file = await findDefaultFile(files);
  if (file !== undefined) {
    say(`no configuration was given; using ${file}`);
    return file;
  }
  const missing = files.map((name) => `no ${name}`).join(' and ');
  if (kind !== 'serve' && kind !== 'check-config') {
    const named = 'give its path as an argument or in REGISTRY_CONFIGURATION_PATH';
    throw new UsageError(`no configuration; ${named} (there is ${missing})`);
  }
  say(`no configuration was given, and there is ${missing}; using the one that comes with Stowage: ${PACKAGED_FILE}`);
  say('to write your own, see stowage init --help');
  return PACKAGED_FILE;
}
