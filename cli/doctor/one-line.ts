import { errorMessage } from '../../plugins/loading/error-message.ts';

/** The message of an error in one line. The loader of plugins, for one, says more in further lines. */
export function oneLine(error: unknown, between = '; '): string {
  const lines = errorMessage(error).split('\n');
  return lines
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join(between);
}
