import { hasStatus } from '../object-store/index.ts';

/** Why the driver cannot start, and what to do. */
export class StartError extends Error {
  constructor(message: string, cause: unknown) {
    super(`storage.gcs.${message}`, { cause });
  }
}

/** The options of the failed start. */
export interface StartOptions {
  readonly bucket: string;
  readonly endpoint: string;
  readonly keyfile?: string | undefined;
  readonly credentials?: unknown;
  /** The service account, if it is known. */
  readonly email?: string | undefined;
}

/** Explains a failure of the first call in terms of the configuration. */
export function explainStart(error: unknown, options: StartOptions): StartError {
  const bucket = JSON.stringify(options.bucket);
  const who = options.email ?? 'the account of the credentials';
  const said = error instanceof Error ? error.message : String(error);
  const key = credentialsKey(options);
  if (hasStatus(error, 404)) {
    return new StartError(
      `bucket: there is no bucket ${bucket} at ${options.endpoint}. Create it first, or correct the name.`,
      error,
    );
  }
  if (hasStatus(error, 403)) {
    return new StartError(
      `bucket: ${who} may not list ${bucket} (${said}). Grant it the role Storage Object Admin ` +
        '(roles/storage.objectAdmin) on the bucket.',
      error,
    );
  }
  if (hasStatus(error, 401)) {
    return new StartError(`${key}: the credentials were rejected (${said}). ${REMEDY}`, error);
  }
  if (isOfCredentials(said)) return new StartError(`${key}: no usable credentials (${said}). ${REMEDY}`, error);
  return new StartError(
    `endpoint: cannot list the bucket ${bucket} at ${options.endpoint} (${said}). Make sure that this machine can reach ` +
      'the service; omit endpoint for storage.googleapis.com.',
    error,
  );
}

const REMEDY =
  'Set keyfile to the JSON key of a service account, or credentials to its content, or run where application ' +
  'default credentials are available (gcloud auth application-default login, or a service account of the machine).';

function credentialsKey({ keyfile, credentials }: StartOptions): string {
  if (keyfile !== undefined) return 'keyfile';
  return credentials === undefined ? 'keyfile or credentials' : 'credentials';
}

/** Google's library has no error codes for this. */
function isOfCredentials(said: string): boolean {
  return /credential|invalid_grant|invalid_client|JWT/i.test(said);
}
