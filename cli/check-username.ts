import { UsageError } from './usage-error.ts';

/** @throws UsageError for a name that Basic authentication cannot carry (RFC 7617) */
export function checkUsername(username: string): void {
  if (username === '' || username.includes(':'))
    throw new UsageError('--username must not be empty or contain a colon');
}
