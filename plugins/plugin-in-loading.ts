import { hasCode } from './node-resolver.ts';
import { messageOf, PluginLoadError, type PluginLoadErrorCode, type PluginPlace } from './plugin-load-error.ts';
import type { FoundPlugin } from './resolve.ts';

/** A plugin on its way from being found to being ready. */
export interface PluginInLoading {
  /** As the configuration names it. */
  readonly spec: string;
  /** What it should be, for messages. */
  readonly noun: string;
  readonly place: PluginPlace;
  readonly found: FoundPlugin;
}

const SUMMARY = {
  'not-installed': 'nothing is installed for',
  'dependency-missing': 'a dependency is missing of',
  'not-a-plugin': 'what was found is not what is wanted for',
  'wrong-contract': 'the contract does not match of',
  'wrong-options': 'the options are wrong for',
  failed: 'an error came from',
} as const satisfies Record<PluginLoadErrorCode, string>;

/** An error about a plugin that was found. */
export function loadError(
  code: PluginLoadErrorCode,
  { spec, noun, place, found }: PluginInLoading,
  facts: readonly string[],
  cause?: unknown,
): PluginLoadError {
  const summary = `${SUMMARY[code]} ${noun} ${JSON.stringify(spec)}`;
  return new PluginLoadError(code, spec, [summary, ...facts, `found: ${found.origin}`], { place, cause });
}

/**
 * Runs code of the plugin.
 * @throws PluginLoadError `dependency-missing` when that imports something that is not there; otherwise `failed`
 */
export async function attempt<Result>(
  plugin: PluginInLoading,
  action: () => Promise<Result> | Result,
): Promise<Result> {
  try {
    return await action();
  } catch (error) {
    if (!hasCode(error, 'ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND')) {
      throw loadError('failed', plugin, [messageOf(error)], error);
    }
    const [reason = ''] = error.message.split('\n', 1);
    throw loadError('dependency-missing', plugin, [`node says: ${reason}`, `remedy: ${plugin.found.remedy}`], error);
  }
}
