import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../../core/ports/logger.ts';
import { errorMessage } from '../../plugins/loading/error-message.ts';
import {
  ConfigurationError,
  type Environment,
  formatProblem,
  type LoadedConfiguration,
  loadConfiguration,
} from '../config/index.ts';
import {
  type Change,
  changesBetween,
  keysForRestart,
  type ReloadableSettings,
  reachableSettings,
  readReloadableSettings,
} from './reloadable-settings.ts';

/** How long writing a changed file may take, in milliseconds. */
const RETRY_MS = 500;

/** What a reloader depends on. */
export interface ReloaderDependencies {
  /** What the registry was started with. */
  readonly start: LoadedConfiguration;
  readonly reloadable: ReloadableSettings;
  readonly env: Environment;
  readonly apply: (values: ReloadableSettings) => Promise<void>;
  readonly log: Logger;
  readonly retryMs?: number;
}

/**
 * Reads the configuration again and applies what can change in a running registry. A configuration with any mistake is
 * refused as a whole.
 */
export class Reloader {
  readonly #dependencies: ReloaderDependencies;
  #running: ReloadableSettings;
  /** The last one that could be read, even if it was refused. */
  #latest: LoadedConfiguration;
  #accepted: LoadedConfiguration;
  #last: Promise<void> = Promise.resolve();

  constructor(dependencies: ReloaderDependencies) {
    this.#dependencies = dependencies;
    this.#running = dependencies.reloadable;
    this.#latest = dependencies.start;
    this.#accepted = dependencies.start;
  }

  /** All files that the configuration consists of, by absolute path. */
  get files(): readonly string[] {
    const { file, baseFolder, configuration } = this.#latest;
    const { tls } = configuration.http;
    const others = tls === undefined ? [] : [tls.certificateFile, tls.keyFile, ...tls.clientAuthorityFiles];
    return [resolve(file), ...others.map((other) => resolve(baseFolder, other))];
  }

  /**
   * Reloads, after the reloads that were requested before. Logs the result; never rejects.
   * @param asked whether an operator asked for it, and should see that nothing has changed
   */
  reload({ asked }: { readonly asked: boolean }): Promise<void> {
    this.#last = this.#last.then(() => this.#reload(asked));
    return this.#last;
  }

  async #reload(asked: boolean): Promise<void> {
    const { retryMs = RETRY_MS, log } = this.#dependencies;
    try {
      const changes = await this.#attempt().catch(async () => {
        // The files may just be being written.
        await delay(retryMs);
        return this.#attempt();
      });
      if (changes === 0) log[asked ? 'info' : 'debug']({}, 'configuration reloaded: nothing has changed');
    } catch (error) {
      this.#refuse(error);
    }
  }

  /** @returns the number of changes applied */
  async #attempt(): Promise<number> {
    const { start, env, log, apply } = this.#dependencies;
    const next = await loadAgain(start.file, env);
    const isChanged = next.text !== this.#latest.text;
    this.#latest = next;
    const wanted = await readReloadableSettings(next);
    const values = reachableSettings(this.#running, wanted);
    const changes = changesBetween(this.#running, values);
    const compared = { start, accepted: this.#accepted, running: this.#running, wanted };
    const restart = keysForRestart(next, compared);
    if (isChanged) for (const warning of next.warnings) log.warn({}, warning);
    await reporting(changes, log, () => apply(values));
    this.#running = values;
    this.#accepted = next;
    if (restart.length > 0) log.warn({ keys: restart }, `takes effect after a restart: ${restart.join(', ')}`);
    return changes.length;
  }

  #refuse(error: unknown): void {
    const { log } = this.#dependencies;
    const problems = problemsIn(error);
    for (const problem of problems) log.error({}, problem);
    log.error({ problems: problems.length }, 'the new configuration was rejected; the previous one stays in effect');
  }
}

function problemsIn(error: unknown): readonly string[] {
  if (error instanceof ConfigurationError) return error.problems.map(formatProblem);
  // Workers mostly fail for the same reason.
  const reasons = error instanceof AggregateError ? error.errors.map(errorMessage) : [];
  return [...new Set([...reasons, errorMessage(error)])];
}

async function loadAgain(file: string, env: Environment): Promise<LoadedConfiguration> {
  // A pipe can be read only once, and may block.
  const info = await stat(file).catch(() => undefined);
  if (info?.isFile() === false) {
    throw new ConfigurationError([{ file, key: '', message: 'is not a regular file, so it cannot be reloaded' }]);
  }
  return loadConfiguration({ path: file, env });
}

/** Logs the changes before or after they are applied, depending on which log level shows them. */
async function reporting(changes: readonly Change[], log: Logger, act: () => Promise<void>): Promise<void> {
  const report = (): void => {
    for (const change of changes) log.info({ ...change }, `${change.key} was changed`);
  };
  const isQuiet = changes.some(({ key, from }) => key === 'log.level' && (from === 'warn' || from === 'error'));
  if (changes.length === 0) return;
  if (!isQuiet) report();
  await act();
  if (isQuiet) report();
}
