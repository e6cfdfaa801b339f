import { inspect } from 'node:util';

const MAX_CAUSES = 5;

/**
 * The message of a thrown value of any kind. It includes the causes, which often say more ("fetch failed"), and each error of an
 * AggregateError.
 */
export function errorMessage(error: unknown): string {
  const parts: string[] = [];
  let cause = error;
  for (let depth = 0; depth < MAX_CAUSES && cause !== undefined; depth += 1) {
    const said = saidBy(cause);
    if (!parts.some((part) => part.includes(said))) parts.push(said);
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return parts.join(': ');
}

function saidBy(error: unknown): string {
  if (typeof error === 'string') return error;
  if (!(error instanceof Error))
    return `it threw ${inspect(error, { depth: 1, breakLength: Number.POSITIVE_INFINITY })}`;
  if (error instanceof SyntaxError) return `${error.name}: ${error.message}`;
  if (error.message !== '') return error.message;
  const all = error instanceof AggregateError ? error.errors.map(errorMessage) : [];
  return all.length > 0 ? all.join('; ') : `${error.name} without a message`;
}
