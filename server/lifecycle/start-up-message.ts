import { resolve } from 'node:path';
import type { LoadedConfiguration } from '../config/index.ts';

/** What a new user needs after the start: the address, the configuration, the storage, and a command that works. */
export function startUpMessage({
  address,
  loaded,
}: {
  readonly address: string;
  readonly loaded: Pick<LoadedConfiguration, 'configuration' | 'file'>;
}): string {
  const { configuration, file } = loaded;
  const { name, options } = configuration.storage.driver;
  const place =
    isRecord(options) && typeof options['rootdirectory'] === 'string' ? ` in ${options['rootdirectory']}` : '';
  const host = address.replace(/^https?:\/\//, '');
  return [
    `Stowage listens on ${address}`,
    `Configuration: ${resolve(file)}`,
    `Storage: ${name}${place}`,
    `Push an image: docker pull alpine && docker tag alpine ${host}/alpine && docker push ${host}/alpine`,
    '',
  ].join('\n');
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
