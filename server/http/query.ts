import type { Context } from './request-scope.ts';

/** All values of a query parameter; empty ones count as absent. */
export function queryValues(ctx: Context, name: string): string[] {
  return [ctx.query[name] ?? []].flat().filter((value) => value !== '');
}

/** The first value of a query parameter; an empty one counts as absent. */
export function firstQueryValue(ctx: Context, name: string): string | undefined {
  const value = ctx.query[name];
  const text = Array.isArray(value) ? value[0] : value;
  return text === '' ? undefined : text;
}
