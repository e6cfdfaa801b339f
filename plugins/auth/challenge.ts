import { z } from 'zod';

/**
 * Text for a quoted value of a response header: not empty, and without control characters, which would end the header
 * or make Node reject it.
 */
export const HeaderText = z
  .string({
    error: ({ input }) =>
      input === undefined || input === null ? 'must be a string' : 'must be a string; put it in quotes',
  })
  .min(1, 'must not be empty')
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must not contain control characters');

/**
 * The value of a `WWW-Authenticate` header (RFC 9110, section 11.6.1): the scheme, then each parameter as a
 * quoted string. Characters beyond ASCII are sent as UTF-8.
 */
export function formatChallenge(scheme: 'Basic' | 'Bearer', parameters: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(parameters).map(([name, value]) => `${name}="${quoted(value)}"`);
  return `${scheme} ${pairs.join(',')}`;
}

// Node writes a header byte by byte from the lowest eight bits of each character.
function quoted(value: string): string {
  return Buffer.from(value.replaceAll(/["\\]/g, '\\$&'), 'utf8').toString('latin1');
}
