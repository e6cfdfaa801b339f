import type { ExecutionContext } from 'ava';
import type { Outcome } from './commands.ts';

/** The section `middleware` of a registry in which `latest` may be moved and every other tag is immutable. */
export const IMMUTABLE_TAGS = { registry: [{ name: 'immutable-tags', options: { except: ['latest'] } }] };

/** Checks that a command failed with a message that names the immutable tag. */
export function assertImmutable(t: ExecutionContext, { code, stdout, stderr }: Outcome, tag: string): void {
  const shown = `${stdout}\n${stderr}`;
  t.not(code, 0, shown);
  t.regex(shown, /denied/i);
  // Some clients show the text as they got it, others inside a string of their own.
  t.true(shown.replaceAll('\\', '').includes(`the tag "${tag}" is immutable`), shown);
}
