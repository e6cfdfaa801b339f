import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import { moveAliases } from './aliases.ts';
import { expandBareNames } from './bare-names.ts';
import { checkSupported } from './check-supported.ts';
import { checkTogether, driverKey } from './check-together.ts';
import { type Configuration, toConfiguration } from './configuration.ts';
import { findEffects } from './effects.ts';
import { applyEnvironment, type Environment } from './environment.ts';
import { PACKAGED_FILE } from './find-default-file.ts';
import { adoptOldRedis } from './old-redis.ts';
import {
  ConfigurationError,
  type ConfigurationProblem,
  formatKey,
  formatPlace,
  formatProblem,
  type KeyPath,
  type Place,
  parseKey,
} from './problem.ts';
import { checkProtections, protectionsOf } from './protections.ts';
import { readYaml } from './read-yaml.ts';
import { salvage } from './salvage.ts';
import { configurationSchema } from './schema.ts';
import { withoutPairs } from './secrets.ts';
import { BadValue } from './structure.ts';
import { isNull, MapNode, originAt } from './tree.ts';
import { unknownKey } from './unknown-key.ts';

/** What to load. */
export interface LoadOptions {
  /** The file; also its name in messages and the start of relative paths. */
  readonly path: string;
  /** The content, when it has been read already. */
  readonly text?: string;
  readonly env: Environment;
}

/** A valid configuration and what there is to say about it. */
export interface LoadedConfiguration {
  /** Deeply frozen. */
  readonly configuration: Configuration;
  /** The file as the caller named it. */
  readonly file: string;
  /** The content of the file, without the overrides. */
  readonly text: string;
  /** The absolute folder of the file, for the packaged one that of the process: relative paths in options start here. */
  readonly baseFolder: string;
  /** Keys that are set and that nothing acts on in this version, for example `proxy.remoteurl`. */
  readonly notYetInEffect: readonly string[];
  /** One line each, with the place: deprecated keys, variables that name no key, and the like. */
  readonly warnings: readonly string[];
  /** Variables that speak of services of the network, as Kubernetes sets them, and that were ignored. */
  readonly ofServices: readonly string[];
  /** What the variables say word for word, by the key in dotted form. */
  readonly variableTexts: ReadonlyMap<string, string>;
  /** Where the value under a path was written, or else the nearest thing around it. For problems that only a plugin can find. */
  readonly locate: (path: KeyPath) => Place;
  /** What was written, after the overrides, for `describeConfiguration`. */
  readonly written: MapNode;
}

/**
 * Reads, overrides and checks a configuration.
 * @throws ConfigurationError with every problem of the file and of the variables
 */
export async function loadConfiguration({ path, env, ...given }: LoadOptions): Promise<LoadedConfiguration> {
  const text = given.text ?? (await readText(path));
  const root = parseFile(path, text);
  const locate = (key: KeyPath): Place => ({ file: path, ...originAt(root.map, key) });
  expandBareNames(root.map);
  const protections = protectionsOf(root.map, (key) => formatPlace(locate(key)));
  const overrides = applyEnvironment(root.map, configurationSchema, env);
  const adopted = adoptOldRedis(root.map);
  const at = (key: KeyPath, message: string): ConfigurationProblem => ({
    ...locate(key),
    key: withoutPairs(formatKey(key)),
    message,
  });
  const { error } = configurationSchema.safeParse(root.map);
  const problems = [
    ...root.problems,
    ...overrides.problems.map((problem) => ({ file: path, ...problem })),
    ...(error?.issues ?? []).flatMap((issue) => describeIssue(issue).map(({ key, message }) => at(key, message))),
    ...[
      ...checkTogether(root.map, (key) => formatPlace(locate(key))),
      ...checkProtections(root.map, protections),
      ...checkSupported(root.map, configurationSchema),
    ].map((found) => at(found.path, found.message)),
  ];
  const finish = (written: MapNode): LoadedConfiguration => {
    const effects = findEffects(written, configurationSchema);
    const warnings = [
      ...[...adopted, ...effects.warnings].map((found) =>
        formatProblem({ ...at(found.path, found.message), ...found.origin }),
      ),
      ...overrides.warnings,
    ];
    moveAliases(written);
    return {
      configuration: toConfiguration(configurationSchema.parse(written), written),
      file: path,
      text,
      baseFolder: path === PACKAGED_FILE ? process.cwd() : dirname(resolve(path)),
      notYetInEffect: effects.notYetInEffect,
      warnings,
      ofServices: overrides.ofServices,
      variableTexts: overrides.texts,
      locate,
      written,
    };
  };
  if (problems.length === 0) return finish(root.map);
  const wrong = problems.map(({ key }) => parseKey(key)).filter((key) => key.length > 0);
  const left = salvage(root.map, wrong, driverKey(root.map));
  throw new ConfigurationError(
    inOrder(problems),
    configurationSchema.safeParse(left).success ? finish(left) : undefined,
  );
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const why =
      code === 'ENOENT'
        ? 'no such file; give the path of the configuration as an argument or in REGISTRY_CONFIGURATION_PATH'
        : `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    throw new ConfigurationError([{ file: path, key: '', message: why }]);
  }
}

function parseFile(file: string, text: string): { map: MapNode; problems: ConfigurationProblem[] } {
  const { root, problems: found, broken } = readYaml(text, (line) => ({ line }));
  const problems = found.map(({ line, key, message }) => ({ file, ...(line !== undefined && { line }), key, message }));
  if (broken) throw new ConfigurationError(problems);
  if (root instanceof MapNode) return { map: root, problems };
  if (isNull(root)) return { map: new MapNode(new Map(), {}), problems };
  throw new ConfigurationError([{ file, line: 1, key: '', message: 'expected keys such as version and storage' }]);
}

function describeIssue(issue: z.core.$ZodIssue): { key: KeyPath; message: string }[] {
  const path = issue.path.filter((part) => typeof part !== 'symbol');
  if (issue.code === 'invalid_key') return issue.issues.map(({ message }) => ({ key: path, message }));
  if (issue.code === 'custom' && issue.params?.['error'] instanceof BadValue) {
    return [{ key: path, message: issue.params['error'].messageAt(path) }];
  }
  if (issue.code !== 'unrecognized_keys') return [{ key: path, message: issue.message }];
  return issue.keys.map((key) => ({ key: [...path, key], message: unknownKey(path, key) }));
}

function inOrder(problems: readonly ConfigurationProblem[]): ConfigurationProblem[] {
  return problems.toSorted((a, b) => {
    const [first, second] = [a.variable ?? '', b.variable ?? ''];
    if (first !== second) return first < second ? -1 : 1;
    return (a.line ?? 0) - (b.line ?? 0);
  });
}
