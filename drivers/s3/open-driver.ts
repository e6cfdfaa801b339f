import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { abortable } from '../../core/driver/index.ts';
import { KeyMapper, ObjectStoreDriver, Retries, type RetryOptions, StatusError } from '../object-store/index.ts';
import { askConditionalPuts, type ProbePlace } from './conditional-probe.ts';
import { ObjectSettings } from './object-settings.ts';
import { endpointOf, type S3Options } from './options.ts';
import { S3Calls } from './s3-calls.ts';
import { openClient } from './s3-client.ts';
import { S3Store } from './s3-store.ts';
import { UrlSigner } from './signed-url.ts';
import { explainStart } from './start-error.ts';
import { type StoreTraits, serviceOf, storeAt } from './stores.ts';
import { MAX_COPIES, openTransports } from './transports.ts';

/** How the driver is opened. Tests replace the other members. */
export interface OpenDependencies {
  /** Aborts the opening. */
  readonly signal?: AbortSignal | undefined;
  readonly warn?: (message: string) => void;
  readonly retry?: RetryOptions;
  readonly idleMs?: number | undefined;
}

/** The start of a registry must not wait long for an answer. */
const STARTING: RetryOptions = { maxAttempts: 4, firstPauseMs: 200 };

/**
 * Connects to the bucket, checks that it can be listed and, if its abilities are not known, whether it obeys conditions.
 * @throws StartError that names the key of the configuration and what to do
 * @throws the reason of `signal` when that aborts
 */
export async function openDriver(
  options: S3Options,
  { signal, warn = () => undefined, retry, idleMs }: OpenDependencies = {},
): Promise<ObjectStoreDriver> {
  const endpoint = endpointOf(options);
  const traits = storeAt(options.store, endpoint);
  const keys = new KeyMapper(options.rootdirectory);
  const transports = openTransports({ options, traits, idleMs });
  const client = openClient({ options, store: traits, transports });
  const service = serviceOf(traits);
  const starting = new S3Calls({ client, service, retries: new Retries(STARTING) });
  try {
    const list = { Bucket: options.bucket, Prefix: keys.prefix, MaxKeys: 1 };
    // The library that fetches the credentials ignores signals.
    await abortable(
      starting.run((each, call) => each.send(new ListObjectsV2Command(list), call), signal),
      signal,
    );
    const place = { settings: new ObjectSettings(options), prefix: keys.prefix, signal };
    const conditionalPuts = await askedConditions(traits, starting, { ...place, warn });
    for (const line of warningsOf(options)) warn(line);
    const calls = new S3Calls({ client, service, retries: new Retries(retry) });
    const signer = new UrlSigner(
      openClient({ options, store: traits, transports }),
      options.bucket,
      options.redirectendpoint,
      // Each answer tells the clock of the service.
      () => client.config.systemClockOffset,
    );
    const store = new S3Store({
      calls,
      options,
      traits,
      conditionalPuts,
      idleMs: transports.calls.idleMs,
      // A client would need the key to read what it encrypts.
      signUrl: options.customerkey === undefined ? (key, wanted) => signer.sign(key, wanted) : undefined,
    });
    return new ObjectStoreDriver({ name: 's3', store, keys });
  } catch (error) {
    transports[Symbol.dispose]();
    signal?.throwIfAborted();
    throw explainStart(error, {
      bucket: options.bucket,
      endpoint: endpoint ?? 'Amazon S3',
      accesskey: options.accesskey,
    });
  }
}

const WITHOUT_CONDITIONS =
  'two writers of one upload do not exclude each other. Several instances need locks in Redis; see docs/drivers/s3.md.';

async function askedConditions(
  traits: StoreTraits,
  calls: S3Calls,
  { warn, ...place }: ProbePlace & { readonly warn: (message: string) => void },
): Promise<boolean> {
  const answer = traits.conditionalPuts === 'ask' ? await askConditionalPuts(calls, place) : traits.conditionalPuts;
  if (answer === true || answer === 'obeyed') return true;
  const service = serviceOf(traits);
  warn(
    answer instanceof StatusError
      ? `whether ${service} has conditional writes is not known, since the credentials may not store objects ` +
          `(${answer.message}): allow what docs/drivers/s3.md lists. Until the next start, ${WITHOUT_CONDITIONS}`
      : `${service} has no conditional writes: ${WITHOUT_CONDITIONS}`,
  );
  return false;
}

/** What the configuration says without an effect, or with one that hardly anybody means. */
function* warningsOf(options: S3Options): Generator<string> {
  for (const key of ['usedualstack', 'usefipsendpoint'] as const) {
    if (options[key] && options.regionendpoint !== undefined) {
      yield `storage.s3.${key} has no effect with regionendpoint; remove one of them`;
    }
  }
  if (options.multipartcopymaxconcurrency > MAX_COPIES) {
    yield `storage.s3.multipartcopymaxconcurrency: at most ${MAX_COPIES} parts are copied at a time`;
  }
  if (options.redirectendpoint !== undefined && !options.forcepathstyle) {
    yield 'storage.s3.redirectendpoint: URLs for clients do not name the bucket without forcepathstyle: true; set it, ' +
      'unless the endpoint stands for the bucket';
  }
}
