import { readFile } from 'node:fs/promises';
import { Storage } from '@google-cloud/storage';
import { Bucket } from './bucket.ts';
import { GcsDriver } from './gcs-driver.ts';
import { HttpTransport, type TransportOptions } from './http-transport.ts';
import type { GcsOptions } from './index.ts';
import { KeyMapper } from './keys.ts';
import { Retries, type RetryOptions } from './retries.ts';
import { signUrl, type UrlSigner } from './signed-url.ts';
import { explainStart, StartError } from './start-error.ts';

/** A key of a service account, or whatever else the library of Google takes. */
type Credentials = Readonly<Record<string, unknown>>;

/** What is not configured, but has to be otherwise where there is no Google. */
export interface Surroundings {
  readonly retry?: RetryOptions;
  /** Default: as the credentials do it. */
  readonly authorize?: TransportOptions['authorize'];
}

/** Before the registry serves, an answer is wanted soon. */
const STARTING: RetryOptions = { mostAttempts: 4, firstPauseMs: 200 };

/**
 * Connects to the bucket, and makes sure that it can be listed.
 * @throws Error that names the key of the configuration and what to do
 */
export async function openDriver(options: GcsOptions, surroundings: Surroundings = {}): Promise<GcsDriver> {
  const credentials = options.keyfile === undefined ? options.credentials : await readKeyFile(options.keyfile);
  const storage = new Storage({
    ...(credentials && { credentials }),
    ...(options.endpoint && { apiEndpoint: options.endpoint }),
  });
  // An emulator asks for none, and must not get any that happen to be there.
  const isAnonymous = storage.customEndpoint && credentials === undefined;
  const transport = new HttpTransport({
    maxCalls: options.maxconcurrency,
    userAgent: options.useragent,
    authorize:
      surroundings.authorize ??
      (async (url) => (isAnonymous ? {} : Object.fromEntries(await storage.authClient.getRequestHeaders(url)))),
  });
  const parts = { endpoint: storage.apiEndpoint, name: options.bucket, transport };
  const keys = new KeyMapper(options.rootdirectory);
  try {
    await new Bucket({ ...parts, retries: new Retries(STARTING) }).list({ prefix: keys.prefix, maxResults: '1' });
  } catch (error) {
    transport[Symbol.dispose]();
    throw explainStart(error, { ...options, endpoint: storage.apiEndpoint, email: emailOf(credentials) });
  }
  const signer = signerOf(credentials, storage);
  const address = { endpoint: storage.apiEndpoint, bucket: options.bucket };
  return new GcsDriver({
    bucket: new Bucket({ ...parts, retries: new Retries(surroundings.retry) }),
    keys,
    chunkBytes: options.chunksize,
    signUrl: signer && ((key, wanted) => signUrl(signer, { ...address, key, ...wanted })),
  });
}

async function readKeyFile(file: string): Promise<Credentials> {
  try {
    const content: unknown = JSON.parse(await readFile(file, 'utf8'));
    if (typeof content === 'object' && content !== null && !Array.isArray(content)) return { ...content };
    throw new Error('it holds no JSON object');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartError(
      `keyfile: cannot use ${JSON.stringify(file)}: ${reason}. Let it name the JSON key of a service account, in a ` +
        'file that this process may read.',
      error,
    );
  }
}

function emailOf(credentials: Credentials | undefined): string | undefined {
  const email = credentials?.['client_email'];
  return typeof email === 'string' ? email : undefined;
}

/** Other credentials could sign only by asking Google for each URL, if they may; those are not used for it. */
function signerOf(credentials: Credentials | undefined, storage: Storage): UrlSigner | undefined {
  const email = emailOf(credentials);
  if (email === undefined || typeof credentials?.['private_key'] !== 'string') return undefined;
  return { email, sign: (text) => storage.authClient.sign(text) };
}
