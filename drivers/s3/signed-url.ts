import { GetObjectCommand, HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { RedirectOptions } from '../../core/driver/index.ts';
import type { SdkRequest } from './transport-handler.ts';

/** The most that signatures of version 4 allow. */
const MAX_SECONDS = 7 * 24 * 60 * 60;

/** Creates URLs with which any client may fetch an object for a limited time. */
export class UrlSigner {
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #skewMs: () => number;

  /**
   * @param client only for these URLs
   * @param endpoint the origin of the URLs, if it is another one than that of the client
   * @param skewMs how far the clock of the service is ahead of this one
   */
  constructor(client: S3Client, bucket: string, endpoint: string | undefined, skewMs: () => number = () => 0) {
    this.#client = client;
    this.#bucket = bucket;
    this.#skewMs = skewMs;
    if (endpoint !== undefined) moveTo(client, new URL(endpoint));
  }

  async sign(key: string, { method, expiresInMs }: RedirectOptions): Promise<URL> {
    const input = { Bucket: this.#bucket, Key: key };
    const expiresIn = Math.min(MAX_SECONDS, Math.max(1, Math.ceil(expiresInMs / 1000)));
    const presigning = { expiresIn, signingDate: new Date(Date.now() + this.#skewMs()) };
    // The library takes a command by its type, which differs between the two.
    const url =
      method === 'HEAD'
        ? await getSignedUrl(this.#client, new HeadObjectCommand(input), presigning)
        : await getSignedUrl(this.#client, new GetObjectCommand(input), presigning);
    return new URL(url);
  }
}

/** As in distribution, only the host and the scheme change, before the signature. */
function moveTo({ middlewareStack }: S3Client, { protocol, hostname, port, host }: URL): void {
  middlewareStack.add(
    (next) => (args) => {
      const request = args.request as { -readonly [Member in keyof SdkRequest]: SdkRequest[Member] };
      Object.assign(request, { protocol, hostname, port: port === '' ? undefined : Number(port) });
      request.headers['host'] = host;
      return next(args);
    },
    // After the library has written its own host.
    { step: 'build', name: 'moveTo', priority: 'low' },
  );
}
