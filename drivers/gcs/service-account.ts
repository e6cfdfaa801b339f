import { createPrivateKey, createSign } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { GcsOptions } from './options.ts';
import type { UrlSigner } from './signed-url.ts';
import { StartError } from './start-error.ts';

const ServiceAccountKey = z.object({
  type: z.literal('service_account', { error: 'type must be service_account' }),
  client_email: z.string({ error: 'client_email is missing' }).min(1, 'client_email is empty'),
  private_key: z.string({ error: 'private_key is missing' }),
});

/** An account of Google Cloud with its private key. */
export interface ServiceAccount extends UrlSigner {
  /** In PEM. */
  readonly privateKey: string;
}

/**
 * Reads the account that the configuration names, if any. As in distribution, `keyfile` takes precedence over
 * `credentials`.
 * @throws StartError
 */
export async function readServiceAccount({
  keyfile,
  credentials,
}: Pick<GcsOptions, 'keyfile' | 'credentials'>): Promise<ServiceAccount | undefined> {
  if (keyfile === undefined && credentials === undefined) return undefined;
  try {
    const content: unknown = keyfile === undefined ? credentials : JSON.parse(await readFile(keyfile, 'utf8'));
    return parseKey(content);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const where =
      keyfile === undefined ? 'credentials: cannot use them' : `keyfile: cannot use ${JSON.stringify(keyfile)}`;
    throw new StartError(
      `${where}: ${reason}. Provide the JSON key of a service account, as a file that this process may read ` +
        '(keyfile) or as a map (credentials). For any other kind of credentials, use application default credentials.',
      error,
    );
  }
}

function parseKey(content: unknown): ServiceAccount {
  const parsed = ServiceAccountKey.safeParse(content);
  if (!parsed.success) throw new Error(parsed.error.issues.map(({ message }) => message).join(', '));
  const { client_email: email, private_key: privateKey } = parsed.data;
  const key = privateKeyOf(privateKey);
  return { email, privateKey, sign: async (text) => createSign('RSA-SHA256').update(text).sign(key, 'base64') };
}

function privateKeyOf(pem: string) {
  try {
    return createPrivateKey(pem);
  } catch (error) {
    throw new Error('private_key is not a private key in PEM', { cause: error });
  }
}
