import { parseTime, TIME_EXAMPLE } from '../../core/model/time.ts';
import { UsageError } from '../usage-error.ts';

/**
 * The time of `--at`.
 * @throws UsageError
 */
export function givenTime(text: string): Date {
  const at = parseTime(text);
  if (at === undefined) throw new UsageError(`--at: ${JSON.stringify(text)} is not a time, such as ${TIME_EXAMPLE}`);
  return at;
}
