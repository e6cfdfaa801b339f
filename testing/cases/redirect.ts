import assert from 'node:assert/strict';
import { assertBytes, at, content, type DriverCase } from '../driver-case.ts';

export const redirectCases: readonly DriverCase[] = [
  {
    title: 'the URL of a redirect serves the content and its size (RedirectURL)',
    group: 'contract',
    proves: 'redirect',
    claim: 'redirect',
    run: async ({ driver }) => {
      await driver.write(at('/folder/file'), content(32));
      const urlFor = (method: 'GET' | 'HEAD'): Promise<URL | undefined> =>
        driver.redirectUrl?.(at('/folder/file'), { method, expiresInMs: 60_000 }) ?? Promise.resolve(undefined);
      const urls = [await urlFor('GET'), await urlFor('HEAD')] as const;
      assert.ok(urls[0] !== undefined && urls[1] !== undefined, 'redirectUrl is missing, or returned no URL');
      const got = await fetch(urls[0]);
      assert.equal(got.status, 200);
      assertBytes(Buffer.from(await got.arrayBuffer()), content(32));
      const head = await fetch(urls[1], { method: 'HEAD' });
      assert.equal(head.status, 200);
      assert.equal(head.headers.get('content-length'), '32');
    },
  },
];
