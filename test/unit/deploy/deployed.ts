import { readFile } from 'node:fs/promises';
import { parseDocument } from 'yaml';
import { type Configuration, loadConfiguration } from '../../../server/config/index.ts';

type Variables = Readonly<Record<string, string>>;

/** The text of a file of the repository, by its path from the root. */
export function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8');
}

/** The content of a YAML file; the caller names its type. */
export async function yamlOf<Form>(path: string): Promise<Form> {
  const document = parseDocument(await textOf(path), { merge: true });
  if (document.errors.length > 0) throw new Error(`${path}: ${document.errors.join(', ')}`);
  return document.toJS() as Form;
}

/** The configuration of deploy/config.yml with these variables; rejects if there is any warning. */
export async function deployedConfiguration(variables: Variables): Promise<Configuration> {
  const loaded = await loadConfiguration({ path: 'deploy/config.yml', env: variables });
  const remarks = [...loaded.warnings, ...loaded.notYetInEffect];
  if (remarks.length > 0) throw new Error(remarks.join('\n'));
  return loaded.configuration;
}

/** The port at which clients can reach it. */
export function portOf({ http: { address } }: Configuration): number {
  if (!('port' in address) || address.host !== undefined) throw new Error('http.addr is not open to everybody');
  return address.port;
}

/** The folder in which it keeps its content. */
export function rootOf({ storage: { driver } }: Configuration): string {
  return String((driver.options as Readonly<Record<string, unknown>>)['rootdirectory']);
}

/**
 * The seconds between the signal to stop and the end, at most: those of the configuration, and five for interrupted
 * requests.
 */
export function stopSecondsOf({ http: { drainDelayMs, drainTimeoutMs } }: Configuration): number {
  return (drainDelayMs + drainTimeoutMs) / 1000 + 5;
}

/** The seconds of `90s`. */
export function secondsOf(duration: string): number {
  const [, digits] = /^(\d+)s$/.exec(duration) ?? [];
  if (digits === undefined) throw new Error(`expected whole seconds, found ${duration}`);
  return Number(digits);
}
