import type { KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { generateSigningKey, readSigningKey } from '../../core/manifests/schema-1/signing-key.ts';
import { ConfigurationError, formatKey, type KeyPath, type LoadedConfiguration } from '../config/index.ts';

const KEY: KeyPath = ['compatibility', 'schema1', 'signingkeyfile'];

/**
 * What manifests of schema 1 are signed with that have no signature of a client.
 * @returns `undefined` where schema 1 is not enabled
 * @throws ConfigurationError when the file of the key cannot be used
 */
export async function readSchema1Key({
  configuration,
  baseFolder,
  locate,
}: Pick<LoadedConfiguration, 'configuration' | 'baseFolder' | 'locate'>): Promise<
  { readonly signingKey: KeyObject } | undefined
> {
  const { schema1 } = configuration.compatibility;
  if (schema1 === undefined) return undefined;
  const { keyFile } = schema1;
  if (keyFile === undefined) return { signingKey: generateSigningKey() };
  try {
    return { signingKey: readSigningKey(await readFile(resolve(baseFolder, keyFile), 'utf8')) };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigurationError([
      { ...locate(KEY), key: formatKey(KEY), message: `${keyFile} cannot be used: ${why}` },
    ]);
  }
}
