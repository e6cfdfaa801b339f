import { resolve } from 'node:path';
import type { LoadedConfiguration } from '../config/index.ts';

/** What an operator should know of a registry that has started. Plain data, which a worker sends to its primary process. */
export interface StartReport {
  /** Where it listens, for example `http://127.0.0.1:5000`. */
  readonly address: string;
  /** The absolute path of the configuration file. */
  readonly configuration: string;
  /** The name of the storage driver. */
  readonly storage: string;
  /** Where the driver keeps its content, if that is a folder. */
  readonly rootDirectory?: string;
  /** `open`: every client may do everything. */
  readonly access: 'open' | 'restricted';
}

/** Describes a registry that listens. */
export function startReport(
  { configuration, file }: Pick<LoadedConfiguration, 'configuration' | 'file'>,
  { address, isOpen }: { readonly address: string; readonly isOpen: boolean },
): StartReport {
  const { name, options } = configuration.storage.driver;
  const root = isRecord(options) ? options['rootdirectory'] : undefined;
  return {
    address,
    configuration: resolve(file),
    storage: name,
    ...(typeof root === 'string' && { rootDirectory: root }),
    access: isOpen ? 'open' : 'restricted',
  };
}

/** What a new user needs after the start: the address, the configuration, the storage, and a command that works. */
export function startUpMessage({ address, configuration, storage, rootDirectory, access }: StartReport): string {
  const host = address.replace(/^https?:\/\//, '');
  const login = access === 'open' ? '' : `docker login ${host} && `;
  return [
    `Stowage listens on ${address}`,
    `Configuration: ${configuration}`,
    `Storage: ${storage}${rootDirectory === undefined ? '' : ` in ${rootDirectory}`}`,
    `Access: ${access === 'open' ? 'anyone who can reach it may push and pull' : 'restricted by "auth" in the configuration'}`,
    `Push an image: ${login}docker pull alpine && docker tag alpine ${host}/alpine && docker push ${host}/alpine`,
    '',
  ].join('\n');
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
