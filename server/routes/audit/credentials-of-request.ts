import type { IncomingHttpHeaders } from 'node:http';
import { parseBasicCredentials } from '../../../plugins/auth/basic-credentials.ts';

/** Clients of containers/image without a password send an empty one with an empty name. */
const NOBODY = 'Basic Og==';

/** Whether a client has sent any credentials. */
export function hasCredentials({ authorization = '' }: IncomingHttpHeaders): boolean {
  return authorization !== '' && authorization !== NOBODY;
}

/** The name that a client has given with a password, right or wrong. */
export function claimedUser({ authorization = '' }: IncomingHttpHeaders): string | undefined {
  return parseBasicCredentials(authorization)?.user;
}
