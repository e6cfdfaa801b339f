import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { z } from 'zod';
import { ConfigurationError } from './configuration-error.ts';
import { findEffects, findStops, moveAliases } from './engine/effects.ts';
import { applyEnvironment, type Environment, type Overrides } from './engine/environment.ts';
import {
  type ConfigurationProblem,
  type Finding,
  formatKey,
  formatPlace,
  formatProblem,
  type KeyPath,
  type Place,
  parseKey,
} from './engine/problem.ts';
import { checkProtections, protectionsOf } from './engine/protections.ts';
import { readYaml } from './engine/read-yaml.ts';
import { BadValue } from './engine/schema.ts';
import { withoutPairs } from './engine/secrets.ts';
import { isNull, MapNode, originAt } from './engine/tree.ts';
import { unknownKey } from './engine/unknown-key.ts';
import { PACKAGED_FILE } from './find-default-file.ts';
import type { LoadedConfiguration } from './loaded-configuration.ts';
import { salvage, withoutStandIns } from './salvage.ts';
import {
  adoptOldRedis,
  configurationSchema,
  crossChecks,
  driverKey,
  expandBareNames,
  findDoubtful,
  toConfiguration,
} from './sections/index.ts';

/** What to load. */
export interface LoadOptions {
  /** The file; also its name in messages and the start of relative paths. */
  readonly path: string;
  /** The content, when it has been read already. */
  readonly text?: string;
  readonly env: Environment;
}

/**
 * Reads, overrides and checks a configuration.
 * @throws ConfigurationError with every problem of the file and of the variables
 */
export async function loadConfiguration({ path, env, ...given }: LoadOptions): Promise<LoadedConfiguration> {
  const text = given.text ?? (await readText(path));
  const { map, problems: ofFile } = parseFile(path, text);
  const locate = (key: KeyPath): Place => ({ file: path, ...originAt(map, key) });
  expandBareNames(map);
  const protections = protectionsOf(map, configurationSchema, (key) => formatPlace(locate(key)));
  const overrides = applyEnvironment(map, { schema: configurationSchema, normalize: expandBareNames }, env);
  const source: Source = { path, text, locate, overrides, adopted: adoptOldRedis(map) };
  const problems = [
    ...ofFile,
    ...overrides.problems.map((problem) => ({ file: path, ...problem })),
    ...[...findProblems(map, locate), ...checkProtections(map, configurationSchema, protections)].map((found) =>
      toProblem(found, locate),
    ),
  ];
  if (problems.length === 0) return understand(map, source);
  const wrong = problems.map(({ key }) => parseKey(key)).filter((key) => key.length > 0);
  const rest = salvage(map, wrong, driverKey(map));
  if (!configurationSchema.safeParse(rest).success) throw new ConfigurationError(inOrder(problems));
  const understood = understand(rest, source);
  const configuration = withoutStandIns(understood.configuration, wrong);
  throw new ConfigurationError(inOrder(problems), { ...understood, configuration });
}

/** Where a configuration comes from. */
interface Source extends Pick<LoadedConfiguration, 'text' | 'locate'> {
  readonly path: string;
  readonly overrides: Overrides;
  /** Warnings about old keys whose values have moved to new ones. */
  readonly adopted: readonly Finding[];
}

/** The configuration that a tree without mistakes means. */
function understand(written: MapNode, { path, text, locate, overrides, adopted }: Source): LoadedConfiguration {
  const effects = findEffects(written, configurationSchema);
  // Before the values of old keys move, because the warnings name their lines.
  const warnings = [...adopted, ...effects.warnings, ...findDoubtful(written)].map((found) =>
    formatProblem(toProblem(found, locate)),
  );
  moveAliases(written, configurationSchema);
  return {
    configuration: toConfiguration(configurationSchema.parse(written), written),
    file: path,
    text,
    baseFolder: path === PACKAGED_FILE ? process.cwd() : dirname(resolve(path)),
    notYetInEffect: effects.notYetInEffect,
    warnings: [...warnings, ...overrides.warnings],
    ofServices: overrides.ofServices,
    variableTexts: overrides.texts,
    locate,
    written,
  };
}

function findProblems(map: MapNode, locate: LoadedConfiguration['locate']): Finding[] {
  const { error } = configurationSchema.safeParse(map);
  return [
    ...(error?.issues ?? []).flatMap(describeIssue),
    ...crossChecks(map, (key) => formatPlace(locate(key))),
    ...findStops(map, configurationSchema),
  ];
}

function toProblem({ path, message, origin }: Finding, locate: LoadedConfiguration['locate']): ConfigurationProblem {
  return { ...locate(path), ...origin, key: withoutPairs(formatKey(path)), message };
}

/** Refuses other bytes: all of them would become the same character, and secrets that differ only there would be equal. */
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

async function readText(path: string): Promise<string> {
  try {
    return UTF8.decode(await readFile(path));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') {
      throw new ConfigurationError([{ file: path, key: '', message: 'is not UTF-8; save it as UTF-8' }]);
    }
    throw new ConfigurationError([{ file: path, key: '', message: whyUnreadable(error, path) }]);
  }
}

function whyUnreadable(error: unknown, path: string): string {
  switch (error instanceof Error && 'code' in error ? error.code : undefined) {
    case 'ENOENT':
      return 'no such file; give the path of the configuration as an argument or in REGISTRY_CONFIGURATION_PATH';
    case 'ENOTDIR':
      return 'no such file, because a part of its path is not a folder; correct the path';
    case 'EISDIR':
      return `is a folder; name the file in it, such as ${join(path, 'config.yml')}`;
    case 'EACCES':
      return 'this process may not read it; change its owner or its mode, or those of the folders above it';
    default:
      return `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
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

function describeIssue(issue: z.core.$ZodIssue): Finding[] {
  const path = issue.path.filter((part) => typeof part !== 'symbol');
  if (issue.code === 'invalid_key') return issue.issues.map(({ message }) => ({ path, message }));
  if (issue.code === 'custom' && issue.params?.['error'] instanceof BadValue) {
    return [{ path, message: issue.params['error'].messageAt(path) }];
  }
  if (issue.code !== 'unrecognized_keys') return [{ path, message: issue.message }];
  return issue.keys.map((key) => ({ path: [...path, key], message: unknownKey(configurationSchema, path, key) }));
}

function inOrder(problems: readonly ConfigurationProblem[]): ConfigurationProblem[] {
  return problems.toSorted((a, b) => {
    const [first, second] = [a.variable ?? '', b.variable ?? ''];
    if (first !== second) return first < second ? -1 : 1;
    return (a.line ?? 0) - (b.line ?? 0);
  });
}
