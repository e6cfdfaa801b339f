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

  /**
   * @param client only for these URLs
   * @param endpoint the origin of the URLs, if it is another one than that of the client
   */
  constructor(client: S3Client, bucket: string, endpoint: string | undefined) {
    this.#client = client;
    this.#bucket = bucket;
    if (endpoint !== undefined) moveTo(client, new URL(endpoint));
  }

  async sign(key: string, { method, expiresInMs }: RedirectOptions): Promise<URL> {
    const input = { Bucket: this.#bucket, Key: key };
    const expiresIn = Math.min(MAX_SECONDS, Math.max(1, Math.ceil(expiresInMs / 1000)));
    // The library takes a command by its type, which differs between the two.
    const url =
      method === 'HEAD'
        ? await getSignedUrl(this.#client, new HeadObjectCommand(input), { expiresIn })
        : await getSignedUrl(this.#client, new GetObjectCommand(input), { expiresIn });
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
