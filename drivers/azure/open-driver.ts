import { abortable, type RedirectOptions } from '../../core/driver/index.ts';
import {
  HttpTransport,
  hasStatus,
  KeyMapper,
  ObjectStoreDriver,
  Retries,
  type RetryOptions,
} from '../object-store/index.ts';
import { BlobService, SERVICE } from './blob-service.ts';
import { Container } from './container.ts';
import { authorization, type Credentials, openCredentials } from './credentials.ts';
import { DelegationKeys } from './delegation-keys.ts';
import { type AzureOptions, millisecondsOf } from './options.ts';
import { signBlobUrl, type UserDelegationKey } from './signed-url.ts';
import { explainStart } from './start-error.ts';

/** How the driver is opened. Tests replace the other members. */
export interface OpenDependencies {
  /** Aborts the opening. */
  readonly signal?: AbortSignal | undefined;
  readonly warn?: ((message: string) => void) | undefined;
  readonly retry?: RetryOptions;
  readonly idleMs?: number | undefined;
  /** Default: those of the options. */
  readonly credentials?: Credentials | undefined;
}

/** The start of a registry must not wait long for an answer. */
const STARTING: RetryOptions = { maxAttempts: 4, firstPauseMs: 200 };
const MAX_CALLS = 50;
const DEFAULT_POLLS = 5;
const DEFAULT_DELAY = '100ms';

/**
 * Connects to the container and checks that it can be listed.
 * @throws StartError that names the key of the configuration and what to do
 * @throws the reason of `signal` when that aborts
 */
export async function openDriver(
  options: AzureOptions,
  { signal, warn = () => undefined, ...dependencies }: OpenDependencies = {},
): Promise<ObjectStoreDriver> {
  const credentials = dependencies.credentials ?? (await openCredentials(options));
  const { accountname, container, realm, rootdirectory } = options;
  const endpoint = options.serviceurl ?? `https://${accountname}.blob.${realm}`;
  const transport = new HttpTransport({
    service: SERVICE,
    maxCalls: MAX_CALLS,
    userAgent: 'stowage',
    idleMs: dependencies.idleMs,
    verifyTls: !options.skipverify,
    authorize: async (_, request) => authorization(credentials, request),
  });
  const keys = new KeyMapper(rootdirectory);
  const serviceWith = (retry?: RetryOptions): BlobService =>
    new BlobService({ endpoint, container, transport, retries: new Retries(retry) });
  const containerOf = (service: BlobService, signUrl?: Container['signUrl']): Container =>
    new Container({
      service,
      authorize: async (_, request) => authorization(credentials, request),
      polling: pollingOf(options),
      signUrl,
    });
  try {
    const starting = containerOf(serviceWith(STARTING));
    // The library that fetches tokens ignores signals.
    await abortable(starting.list({ prefix: keys.prefix, maxKeys: 1 }, { signal }), signal);
    const service = serviceWith(dependencies.retry);
    const signUrl = await signerOf({ credentials, service, accountname, warn, signal });
    return new ObjectStoreDriver({ name: 'azure', store: containerOf(service, signUrl), keys });
  } catch (error) {
    transport[Symbol.dispose]();
    signal?.throwIfAborted();
    throw explainStart(error, options, endpoint);
  }
}

function pollingOf(options: AzureOptions) {
  const maxPolls = options.max_retries ?? options.copy_status_poll_max_retry;
  const delay = options.retry_delay ?? options.copy_status_poll_delay ?? DEFAULT_DELAY;
  // As in distribution, 0 is no value.
  return {
    maxPolls: maxPolls === undefined || maxPolls === 0 ? DEFAULT_POLLS : maxPolls,
    delayMs: millisecondsOf(delay) ?? 0,
  };
}

interface SignerDependencies {
  readonly credentials: Credentials;
  readonly service: BlobService;
  readonly accountname: string;
  readonly warn: (message: string) => void;
  readonly signal: AbortSignal | undefined;
}

/** What signs URLs for downloads; `undefined` when the account may not. */
async function signerOf({ credentials, service, accountname, warn, signal }: SignerDependencies) {
  const blob = (key: string, { expiresInMs }: RedirectOptions) => ({
    accountName: accountname,
    container: service.container,
    key,
    url: service.url(key),
    expiresInMs,
  });
  if (credentials.kind === 'key') {
    const { sharedKey } = credentials;
    return async (key: string, wanted: RedirectOptions) => signBlobUrl(sharedKey, blob(key, wanted));
  }
  const keys = new DelegationKeys(service);
  let isWarned = false;
  const keyIfAllowed = async (): Promise<UserDelegationKey | undefined> => {
    try {
      return await keys.key();
    } catch (error) {
      if (!hasStatus(error, 401, 403)) throw error;
      if (!isWarned) {
        warn(
          `storage.azure.credentials: downloads are not redirected to the service, because the account may not sign URLs ` +
            `(${error.message}). Grant it the role Storage Blob Delegator on the storage account, or set ` +
            'storage.redirect.disable to hide this warning.',
        );
      }
      isWarned = true;
      return undefined;
    }
  };
  if ((await abortable(keyIfAllowed(), signal)) === undefined) return undefined;
  return async (key: string, wanted: RedirectOptions) => {
    const signer = await keyIfAllowed();
    return signer && signBlobUrl(signer, blob(key, wanted));
  };
}
