import type { Context } from './request-scope.ts';

/** The first value of a query parameter; an empty one counts as absent. */
export function firstQueryValue(ctx: Context, name: string): string | undefined {
  const value = ctx.query[name];
  const text = Array.isArray(value) ? value[0] : value;
  return text === '' ? undefined : text;
}
