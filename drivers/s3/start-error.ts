import { hasStatus } from '../object-store/index.ts';

/** Why the driver cannot start, and what to do. */
export class StartError extends Error {
  constructor(message: string, cause: unknown) {
    super(`storage.s3${message}`, { cause });
  }
}

/** The options of the failed start. */
export interface StartOptions {
  readonly bucket: string;
  /** The address of the service, for messages. */
  readonly endpoint: string;
  readonly accesskey?: string | undefined;
}

const REMEDY =
  'Set accesskey and secretkey, or run where the library finds credentials: AWS_ACCESS_KEY_ID and ' +
  'AWS_SECRET_ACCESS_KEY, a profile, a web identity (IRSA), or the role of the instance or the task.';

/** Explains a failure of the first call in terms of the configuration. */
export function explainStart(error: unknown, { bucket, endpoint, accesskey }: StartOptions): StartError {
  const name = JSON.stringify(bucket);
  const said = error instanceof Error ? error.message : String(error);
  const keys = accesskey === undefined ? '' : '.accesskey';
  if (/InvalidAccessKeyId|SignatureDoesNotMatch|ExpiredToken|InvalidToken/.test(said) || hasStatus(error, 401)) {
    return new StartError(`${keys}: the credentials were rejected (${said}). ${REMEDY}`, error);
  }
  if (/PermanentRedirect|AuthorizationHeaderMalformed|IllegalLocationConstraint/.test(said)) {
    return new StartError(`.region: the bucket ${name} is in another region (${said}). Set region to it.`, error);
  }
  if (hasStatus(error, 404)) {
    return new StartError(
      `.bucket: there is no bucket ${name} at ${endpoint} (${said}). Create it first, or correct the name; most stores of ` +
        'your own need forcepathstyle: true.',
      error,
    );
  }
  if (hasStatus(error, 403)) {
    return new StartError(
      `.bucket: the credentials may not list ${name} (${said}). Allow s3:ListBucket, and what docs/drivers/s3.md lists.`,
      error,
    );
  }
  if (error instanceof Error && /Credentials|Token/.test(error.name)) {
    return new StartError(`${keys}: no usable credentials (${said}). ${REMEDY}`, error);
  }
  return new StartError(
    `.regionendpoint: cannot list the bucket ${name} at ${endpoint} (${said}). Make sure that this machine can reach the ` +
      'service; omit regionendpoint for Amazon S3, and set forcepathstyle if the host of the bucket does not exist.',
    error,
  );
}

/** Explains that Amazon's library is not installed; any other error unchanged. */
export function missingLibrary(error: unknown): unknown {
  const isMissing = error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
  if (!isMissing || !error.message.includes('@aws-sdk/')) return error;
  return new StartError(
    ': the driver needs @aws-sdk/client-s3 and @aws-sdk/s3-request-presigner, which were left out of this installation. ' +
      'Run `npm install` without --omit=optional, or install both packages beside stowage.',
    error,
  );
}
