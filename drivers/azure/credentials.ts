import type { AccessToken, TokenCredential } from '@azure/identity';
import type { StoreRequest } from '../object-store/index.ts';
import type { AzureOptions } from './options.ts';
import { type Lease, Renewed } from './renewed.ts';
import { type SharedKey, signRequest } from './shared-key.ts';
import { StartError } from './start-error.ts';

/** How requests are authorized. */
export type Credentials =
  /** With a key of the account. */
  | { readonly kind: 'key'; readonly sharedKey: SharedKey }
  /** With tokens of Microsoft Entra ID. */
  | { readonly kind: 'token'; readonly token: () => Promise<AccessToken> };

/** The right to use the storage that the roles of the account allow. */
const SCOPE = 'https://storage.azure.com/.default';

const RENEW_BEFORE_MS = 5 * 60_000;

/** Where tokens come from in other clouds, by their domain. */
const AUTHORITIES: Readonly<Record<string, string>> = {
  'core.chinacloudapi.cn': 'https://login.chinacloudapi.cn',
  'core.usgovcloudapi.net': 'https://login.microsoftonline.us',
};

/**
 * The credentials that the configuration names. Only those with tokens load the library of Microsoft.
 * @throws StartError when it is not installed, or refuses them
 */
export async function openCredentials(options: AzureOptions): Promise<Credentials> {
  const { accountname: accountName, accountkey = '', credentials } = options;
  const type = credentials?.type ?? 'shared_key';
  if (type === 'shared_key') {
    return { kind: 'key', sharedKey: { accountName, key: Buffer.from(accountkey, 'base64') } };
  }
  const credential = await openTokens(options);
  // The library keeps only tokens of applications: the others would be asked for at every call.
  const tokens = new Renewed(async () => leaseOf(await credential.getToken(SCOPE)));
  return { kind: 'token', token: () => tokens.get() };
}

/** The headers that authorize a request. */
export async function authorization(
  credentials: Credentials,
  request: StoreRequest,
): Promise<Readonly<Record<string, string>>> {
  if (credentials.kind === 'key') return signRequest(credentials.sharedKey, request);
  return { authorization: `Bearer ${(await credentials.token()).token}` };
}

async function openTokens({ credentials, realm }: AzureOptions): Promise<TokenCredential> {
  const { ClientSecretCredential, DefaultAzureCredential } = await loadLibrary();
  const authorityHost = AUTHORITIES[realm];
  const authority = authorityHost === undefined ? {} : { authorityHost };
  const { type, clientid = '', tenantid = '', secret = '' } = credentials ?? {};
  try {
    return type === 'client_secret'
      ? new ClientSecretCredential(tenantid, clientid, secret, authority)
      : new DefaultAzureCredential(authority);
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new StartError(`credentials: they cannot be used (${said}). Correct clientid, tenantid and secret.`, error);
  }
}

async function loadLibrary() {
  try {
    return await import('@azure/identity');
  } catch (error) {
    throw new StartError(
      'credentials: this type needs the package @azure/identity, which is not installed. Install it ' +
        '(npm install @azure/identity), or use accountkey.',
      error,
    );
  }
}

/** A token, which is renewed when its issuer says, or five minutes before it ends. */
export function leaseOf(token: AccessToken | null): Lease<AccessToken> {
  if (token === null) throw new Error('no credentials gave a token');
  const { expiresOnTimestamp: endsAtMs, refreshAfterTimestamp = Infinity } = token;
  return { value: token, renewAtMs: Math.min(refreshAfterTimestamp, endsAtMs - RENEW_BEFORE_MS), endsAtMs };
}
