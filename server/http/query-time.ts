import { RegistryError } from '../../core/model/errors.ts';
import { parseTime, TIME_EXAMPLE } from '../../core/model/time.ts';
import type { Query } from './query.ts';

/**
 * A parameter of the query that is a time; `undefined` when it is absent.
 * @throws RegistryError `QUERY_INVALID`
 */
export function queryTime(query: Pick<Query, 'first'>, name: string): Date | undefined {
  const text = query.first(name);
  if (text === undefined) return undefined;
  // Clients forget to escape the `+` of an offset.
  const time = parseTime(text.replace(/ (?=\d\d:\d\d$)/, '+'));
  if (time !== undefined) return time;
  throw new RegistryError('QUERY_INVALID', { reason: `"${name}" must be a time, such as ${TIME_EXAMPLE}` });
}
