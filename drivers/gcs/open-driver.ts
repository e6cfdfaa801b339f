import { Storage } from '@google-cloud/storage';
import { JWT } from 'google-auth-library';
import { abortable } from '../../core/driver/index.ts';
import {
  HttpTransport,
  KeyMapper,
  ObjectStoreDriver,
  Retries,
  type RetryOptions,
  type TransportOptions,
} from '../object-store/index.ts';
import { Bucket, SERVICE } from './bucket.ts';
import type { GcsOptions } from './options.ts';
import { readServiceAccount } from './service-account.ts';
import { signUrl } from './signed-url.ts';
import { explainStart } from './start-error.ts';

/** Permits reading, writing and deleting objects, as far as the roles of the account do. */
const SCOPES = ['https://www.googleapis.com/auth/devstorage.read_write'];

/** How the driver is opened. Tests without Google replace the other members. */
export interface OpenDependencies {
  /** Aborts the opening. */
  readonly signal?: AbortSignal | undefined;
  readonly retry?: RetryOptions;
  readonly idleMs?: number | undefined;
  /** Default: with the credentials. */
  readonly authorize?: TransportOptions['authorize'];
}

/** The start of a registry must not wait long for an answer. */
const STARTING: RetryOptions = { maxAttempts: 4, firstPauseMs: 200 };

/**
 * Connects to the bucket and checks that it can be listed.
 * @throws StartError that names the key of the configuration and what to do
 * @throws the reason of `signal` when that aborts
 */
export async function openDriver(
  options: GcsOptions,
  { signal, ...dependencies }: OpenDependencies = {},
): Promise<ObjectStoreDriver> {
  const account = await readServiceAccount(options);
  const storage = new Storage({
    ...(account && { authClient: new JWT({ email: account.email, key: account.privateKey, scopes: SCOPES }) }),
    ...(options.endpoint && { apiEndpoint: options.endpoint }),
  });
  // An emulator needs no credentials, and must not receive any that this machine happens to have.
  const isAnonymous = storage.customEndpoint && account === undefined;
  const transport = new HttpTransport({
    service: SERVICE,
    maxCalls: options.maxconcurrency,
    userAgent: options.useragent,
    idleMs: dependencies.idleMs,
    authorize:
      dependencies.authorize ??
      (async (url) => (isAnonymous ? {} : Object.fromEntries(await storage.authClient.getRequestHeaders(url)))),
  });
  const endpoint = storage.apiEndpoint;
  const common = { endpoint, name: options.bucket, transport, partBytes: options.chunksize };
  const keys = new KeyMapper(options.rootdirectory);
  try {
    const bucket = new Bucket({ ...common, retries: new Retries(STARTING) });
    // The library that fetches the credentials ignores signals.
    await abortable(bucket.list({ prefix: keys.prefix, maxKeys: 1 }, { signal }), signal);
  } catch (error) {
    transport[Symbol.dispose]();
    signal?.throwIfAborted();
    throw explainStart(error, { ...options, endpoint, email: account?.email });
  }
  const store = new Bucket({
    ...common,
    retries: new Retries(dependencies.retry),
    // With other credentials, each URL would need a call to Google that they may not be allowed to make.
    signUrl: account && ((key, wanted) => signUrl(account, { endpoint, bucket: options.bucket, key, ...wanted })),
  });
  return new ObjectStoreDriver({ name: 'gcs', store, keys });
}
