import { hasStatus } from '../object-store/index.ts';
import type { AzureOptions } from './options.ts';

/** Why the driver cannot start, and what to do. */
export class StartError extends Error {
  constructor(message: string, cause: unknown) {
    super(`storage.azure.${message}`, { cause });
  }
}

type StartOptions = Pick<AzureOptions, 'accountname' | 'container' | 'credentials' | 'serviceurl'>;

/** Explains a failure of the first call in terms of the configuration. */
export function explainStart(error: unknown, options: StartOptions, endpoint: string): StartError {
  const container = JSON.stringify(options.container);
  const said = error instanceof Error ? error.message : String(error);
  const hasKey = (options.credentials?.type ?? 'shared_key') === 'shared_key';
  if (hasStatus(error, 404)) {
    return new StartError(
      `container: there is no container ${container} at ${endpoint} (${said}). Create it first, or correct the name.`,
      error,
    );
  }
  if (hasStatus(error, 401, 403)) {
    const isNetwork = /not authorized to perform this operation(?! using)/i.test(said);
    if (isNetwork) {
      return new StartError(
        `serviceurl: the account does not accept requests from here (${said}). Allow the network of this machine in the ` +
          'firewall of the storage account; with accountkey, allow access by key, too.',
        error,
      );
    }
    if (hasKey) {
      return new StartError(
        `accountkey: the key was rejected (${said}). Set accountname and accountkey to the values of ` +
          '`az storage account keys list`, and make sure that the clock of this machine is right.',
        error,
      );
    }
    return new StartError(
      `credentials: they may not list the container ${container} (${said}). Grant the account the role Storage Blob Data ` +
        'Contributor on the container.',
      error,
    );
  }
  if (error instanceof StartError) return error;
  if (!hasKey && isOfCredentials(error, said)) {
    return new StartError(
      `credentials: no token for the storage (${said}). Check clientid, tenantid and secret; with default_credentials, run ` +
        'where there is a managed identity, a workload identity, AZURE_… variables or `az login`.',
      error,
    );
  }
  return new StartError(
    `${options.serviceurl === undefined ? 'accountname' : 'serviceurl'}: cannot list the container ${container} at ` +
      `${endpoint} (${said}). Make sure that this machine can reach the service; correct accountname and realm, or serviceurl.`,
    error,
  );
}

/** The errors of the library of Microsoft. */
function isOfCredentials(error: unknown, said: string): boolean {
  const name = error instanceof Error ? error.name : '';
  return /Credential|Authentication/.test(name) || /AADSTS|credential/i.test(said);
}
