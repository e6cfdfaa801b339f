import type { Answer } from '../bench/answer.ts';
import { expectThat } from '../expect.ts';

/** The URL of the next page, if there is one. @throws CheckFailure when `Link` has no URL */
export function nextPage(answer: Answer): string | undefined {
  const link = answer.header('link');
  if (link === undefined) return undefined;
  const [, target = ''] = /^<([^>]*)>/.exec(link) ?? [];
  expectThat(answer, URL.canParse(target, answer.url.href), `Link is ${JSON.stringify(link)}, which has no URL`);
  return new URL(target, answer.url).href;
}
