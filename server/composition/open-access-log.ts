import { destination } from 'pino';
import type { Logger } from '../../core/ports/logger.ts';
import { withoutTokens } from '../../plugins/auth/without-tokens.ts';
import type { Configuration } from '../config/index.ts';
import { combinedRequests } from '../http/access-log/combined-requests.ts';
import type { WriteRequest } from '../http/access-log/ended-request.ts';
import { readableRequests } from '../http/access-log/readable-requests.ts';
import { structuredRequests } from '../http/access-log/structured-requests.ts';
import { isReadable } from './logger.ts';

/** Opens the access log that the configuration asks for; `undefined` if it asks for none. */
export function openAccessLog(configuration: Configuration['log'], log: Logger): WriteRequest | undefined {
  switch (configuration.accessLog) {
    case 'off':
      return undefined;
    case 'combined': {
      const output = destination({ dest: 1, sync: true });
      return combinedRequests((line) => output.write(withoutTokens(line)));
    }
    case 'log':
      return isReadable(configuration) ? readableRequests(log) : structuredRequests(log);
  }
}
