import { RegistryError } from '../../../core/model/errors.ts';
import type { Query } from '../../http/query.ts';

/**
 * A parameter of the query that is `true` or `false`; `false` when it is absent.
 * @throws RegistryError `QUERY_INVALID` for any other value
 */
export function queryFlag(query: Pick<Query, 'first'>, name: string): boolean {
  const text = query.first(name) ?? 'false';
  if (text === 'true' || text === 'false') return text === 'true';
  throw new RegistryError('QUERY_INVALID', { reason: `"${name}" must be true or false` });
}
