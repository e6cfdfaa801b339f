import { setImmediate as nextTurn } from 'node:timers/promises';
import { settledWithin } from '../../core/async/settled-within.ts';
import type { OptionsError } from '../../core/driver/index.ts';
import { errorMessage } from './error-message.ts';
import type { FoundPlugin, MissingImport } from './find-file.ts';
import { withoutHidden } from './hidden-options.ts';
import { hasCode } from './node-resolver.ts';
import { areIssues, describeIssue } from './option-path.ts';
import { PluginLoadError, type PluginLoadErrorCode, type PluginPlace } from './plugin-load-error.ts';
import { whileRunning } from './running-steps.ts';
import { importPlace, placeIn, type SourcePlace } from './source-place.ts';

/** A plugin that was found and is being loaded. */
export interface LoadStep {
  /** As it is named in the configuration. */
  readonly spec: string;
  /** What it should be, for messages. */
  readonly noun: string;
  readonly place: PluginPlace;
  readonly found: FoundPlugin;
  /** Values of its options that no message may quote; absent until they are known. */
  readonly hidden?: readonly string[];
  /** Aborted when loading it is given up; the signal is the one of its `PluginContext`. */
  readonly givenUp: AbortController;
}

const SUMMARY = {
  'not-installed': 'is not installed',
  'dependency-missing': 'lacks a dependency',
  'not-a-plugin': 'cannot be used here',
  'wrong-contract': 'was written for another contract',
  'broken-contract': 'breaks its contract',
  'wrong-options': 'has wrong options',
  failed: 'failed',
  'timed-out': 'does not finish loading',
  conflict: 'conflicts with another plugin',
} as const satisfies Record<PluginLoadErrorCode, string>;

/** An error about a plugin that was found. */
export function loadError(
  code: PluginLoadErrorCode,
  { spec, noun, place, found }: LoadStep,
  facts: readonly string[],
  cause?: unknown,
): PluginLoadError {
  const summary = `${noun} ${JSON.stringify(spec)} ${SUMMARY[code]}`;
  return new PluginLoadError(code, spec, [summary, ...facts, `found: ${found.origin}`], { place, cause });
}

/** How long one step of loading a plugin may take unless the place says otherwise. */
const TIME_LIMIT_MS = 30_000;
/** How long a step may take to end after its signal has been aborted. */
const MAX_ENDING_MS = 1_000;

/**
 * Runs code of the plugin. An unhandled error of a timer or a promise counts as an error of the plugin. When the step
 * does not succeed, `plugin.givenUp` is aborted, and the step has a second to end.
 * @param step what it does, for messages
 * @throws PluginLoadError `dependency-missing` when that imports something that is not there; `timed-out` when it
 * neither returns nor throws in time; `wrong-options` for an OptionsError; otherwise `failed`
 * @throws the reason of `plugin.place.signal` when that is aborted
 */
export async function attempt<Result>(
  plugin: LoadStep,
  step: string,
  action: () => Promise<Result> | Result,
): Promise<Result> {
  const { timeLimitMs = TIME_LIMIT_MS, signal: start } = plugin.place;
  start?.throwIfAborted();
  const limit = new TimeLimit(timeLimitMs, () => {
    const fact = `${step} did not finish within ${timeLimitMs / 1000} s`;
    return loadError('timed-out', plugin, [fact, 'remedy: find out what it waits for, or raise plugintimeout']);
  });
  const stray = Promise.withResolvers<never>();
  const exit = (code: number): void => {
    // A signal ended it: that is not the plugin's fault.
    if (code > 128) return;
    // No caller can catch this, and exit code 0 would look like success.
    process.stderr.write(`${loadError('failed', plugin, [`${step} ended the process`]).message}\n`);
    process.exitCode = 2;
  };
  using _ = whileRunning({ strayError: stray.reject, exit });
  const stopped = Promise.withResolvers<never>();
  const stop = (): void => stopped.reject(start?.reason as Error);
  start?.addEventListener('abort', stop, { once: true });
  const running = finished(action);
  try {
    return await Promise.race([running, limit.passed, stray.promise, stopped.promise]);
  } catch (error) {
    const reason = start?.aborted && error === start.reason ? error : await explained(error, plugin, step);
    plugin.givenUp.abort(reason);
    await settledWithin(running, MAX_ENDING_MS).catch(() => undefined);
    throw reason;
  } finally {
    limit.clear();
    start?.removeEventListener('abort', stop);
  }
}

async function finished<Result>(action: () => Promise<Result> | Result): Promise<Result> {
  const result = await action();
  // An unhandled rejection is reported only at the end of this turn.
  await nextTurn();
  return result;
}

/** What a step that imports the code of a plugin is called. */
export const IMPORT_STEP = 'importing it';

async function explained(error: unknown, plugin: LoadStep, step: string): Promise<PluginLoadError> {
  if (error instanceof PluginLoadError) return error;
  const hide = (text: string): string => withoutHidden(text, plugin.hidden);
  if (isOptionsError(error)) {
    const problems = error.issues.map(({ path, message }) =>
      describeIssue(plugin.place, { path, message: hide(message) }),
    );
    return loadError('wrong-options', plugin, problems, error);
  }
  if (!hasCode(error, 'ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND')) {
    const place = await placeOf(error, plugin, step);
    const { check } = plugin.found;
    const isUnclear = place === undefined && error instanceof SyntaxError && check !== undefined;
    const facts = [errorMessage(error), ...where(place), ...(isUnclear ? [`to see the line: ${check}`] : [])];
    return loadError('failed', plugin, facts.map(hide), error);
  }
  const [reason = ''] = error.message.split('\n', 1);
  const missing = missingImport(reason);
  const facts = [
    `node says: ${reason}`,
    ...where(await placeOfImport(error, missing)),
    `remedy: ${plugin.found.remedyFor(missing)}`,
  ];
  return loadError('dependency-missing', plugin, facts, error);
}

/** Recognised by shape, because a plugin may have its own copy of Stowage. */
function isOptionsError(error: unknown): error is OptionsError {
  return error instanceof Error && error.name === 'OptionsError' && 'issues' in error && areIssues(error.issues);
}

/**
 * Where the plugin's own code failed: always while it is imported, and later for errors that are mistakes in the code. What
 * a plugin throws to refuse its options or an unreachable backend is about the configuration, and not about a line.
 */
async function placeOf(error: unknown, { found }: LoadStep, step: string): Promise<SourcePlace | undefined> {
  // An error with a cause is about something else: `fetch` fails with a TypeError when a host cannot be reached.
  const hasCause = error instanceof Error && error.cause !== undefined;
  const isMistake = !hasCause && [TypeError, ReferenceError, SyntaxError].some((kind) => error instanceof kind);
  if (found.folder === undefined || !(isMistake || step === IMPORT_STEP)) return undefined;
  return placeIn(found.folder, error);
}

async function placeOfImport(error: Error, missing: MissingImport): Promise<SourcePlace | undefined> {
  const [, name = ''] = /'([^']+)'/.exec(error.message) ?? [];
  const [, importer, requirer] = / imported from (.+)$|\nRequire stack:\n- (.+)/m.exec(error.message) ?? [];
  const file = importer ?? requirer;
  if (file === undefined || missing === 'installed') return undefined;
  return importPlace(file, typeof missing === 'object' ? missing.package : name);
}

function where(place: SourcePlace | undefined): string[] {
  return place === undefined ? [] : [`at: ${place.position}\n${place.text}`];
}

/** @param reason the first line of Node's error, which quotes a path, or the name that was imported */
function missingImport(reason: string): MissingImport {
  const [, name = ''] = /'([^']+)'/.exec(reason) ?? [];
  if (name.includes('/node_modules/')) return 'installed';
  if (/^[./\\]|^[A-Za-z]:/.test(name) || name === '') return 'file';
  return { package: name.split('/', name.startsWith('@') ? 2 : 1).join('/') };
}

class TimeLimit {
  /** Rejects at the end of the time limit. */
  readonly passed: Promise<never>;
  readonly #timer: NodeJS.Timeout | undefined;

  constructor(timeLimitMs: number, error: () => Error) {
    const { promise, reject } = Promise.withResolvers<never>();
    this.passed = promise;
    // It keeps the process alive, which would otherwise end silently when a module awaits a promise that never settles.
    if (timeLimitMs > 0) this.#timer = setTimeout(() => reject(error()), timeLimitMs);
  }

  clear(): void {
    clearTimeout(this.#timer);
  }
}
