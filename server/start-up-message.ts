import type { Configuration } from './config/index.ts';

/** What a stranger needs after the start: where it is, where things go, and a command that works. */
export function startUpMessage({
  address,
  configuration,
}: {
  readonly address: string;
  readonly configuration: Configuration;
}): string {
  const { name, options } = configuration.storage.driver;
  const place =
    isRecord(options) && typeof options['rootdirectory'] === 'string' ? ` in ${options['rootdirectory']}` : '';
  const host = address.replace(/^https?:\/\//, '');
  return [
    `Stowage listens on ${address}`,
    `Storage: ${name}${place}`,
    `Push an image: docker pull alpine && docker tag alpine ${host}/alpine && docker push ${host}/alpine`,
    '',
  ].join('\n');
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
