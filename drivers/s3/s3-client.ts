import { createHash } from 'node:crypto';
import { S3Client } from '@aws-sdk/client-s3';
import { ChunkedBody } from './chunked-body.ts';
import { endpointOf, type S3Options } from './options.ts';
import type { StoreTraits } from './stores.ts';
import { type SdkRequest, TransportHandler } from './transport-handler.ts';
import type { Transports } from './transports.ts';

/** What a client is made of. */
export interface ClientDependencies {
  readonly options: S3Options;
  readonly store: StoreTraits;
  readonly transports: Transports;
}

/**
 * Amazon's library for one bucket. It finds credentials, signs, and reads answers. Retries and connections are those of
 * the kit.
 */
export function openClient({ options, store, transports }: ClientDependencies): S3Client {
  const { accesskey, secretkey, sessiontoken, secure, usedualstack, usefipsendpoint } = options;
  const endpoint = endpointOf(options);
  const client = new S3Client({
    region: options.region ?? store.region,
    // Another address than that of the configuration (AWS_ENDPOINT_URL, a profile) would be another store.
    ignoreConfiguredEndpointUrls: true,
    ...(endpoint === undefined ? { tls: secure } : { endpoint }),
    forcePathStyle: options.forcepathstyle,
    // They select an address of Amazon; the library refuses them beside another one.
    useDualstackEndpoint: usedualstack && endpoint === undefined,
    useFipsEndpoint: usefipsendpoint && endpoint === undefined,
    useAccelerateEndpoint: options.accelerate,
    // Otherwise the library looks for them where Amazon documents it.
    ...(accesskey !== undefined && secretkey !== undefined
      ? {
          credentials: {
            accessKeyId: accesskey,
            secretAccessKey: secretkey,
            ...(sessiontoken && { sessionToken: sessiontoken }),
          },
        }
      : {}),
    // It would write to the console of what the kit repeats.
    logger: SILENT,
    requestHandler: new TransportHandler(transports),
    customUserAgent: options.useragent,
    maxAttempts: 1,
    // Each body is signed with its SHA-256, which every store checks. Many refuse the checksums that the library adds.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    expectContinueHeader: false,
  });
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        await describeBody(args.request as SdkRequest, String(commandName));
        return next(args);
      },
    { step: 'build', name: 'describeBody' },
  );
  return client;
}

const ignore = (): void => undefined;
const SILENT = { trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore };

async function describeBody({ body, headers }: SdkRequest, command: string): Promise<void> {
  if (body instanceof ChunkedBody) headers['x-amz-content-sha256'] = await body.sha256();
  // Stores that are older than the other checksums require this one where Amazon requires any.
  if (command === 'DeleteObjectsCommand' && (typeof body === 'string' || body instanceof Uint8Array)) {
    headers['content-md5'] = createHash('md5').update(body).digest('base64');
  }
}
