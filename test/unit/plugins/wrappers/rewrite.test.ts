import test from 'ava';
import type { RedirectOptions } from '../../../../core/driver/index.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import rewrite from '../../../../plugins/wrappers/rewrite.ts';
import { at } from '../../../../testing/driver-case.ts';
import { pluginContext } from '../../../helpers/drivers/driver-options.ts';
import { stubDriver } from '../../../helpers/drivers/stub-driver.ts';
import { problemsOf, wrap } from './wrap.ts';
import { wrapperSuite } from './wrapper-suite.ts';

wrapperSuite(rewrite, async () => ({
  options: { scheme: 'https', host: 'cdn.example.com', trimpathprefix: '/bucket' },
}));

const PATH = at('/a');

/** A driver that returns this URL. */
function giving(url: string | undefined) {
  const asked: RedirectOptions[] = [];
  const stub = stubDriver({
    redirectUrl: async (_path, options) => {
      asked.push(options);
      return url === undefined ? undefined : new URL(url);
    },
  });
  return { asked, driver: { ...stub, capabilities: { ...stub.capabilities, redirect: true } } };
}

const GIVEN = 'http://minio:9000/bucket/docker/data?X-Amz-Signature=a%2Fb&x=1';

for (const [options, expected] of [
  [{}, GIVEN],
  [{ scheme: 'https' }, 'https://minio:9000/bucket/docker/data?X-Amz-Signature=a%2Fb&x=1'],
  [{ host: 'cdn.example.com' }, 'http://cdn.example.com/bucket/docker/data?X-Amz-Signature=a%2Fb&x=1'],
  [{ host: 'cdn.example.com:8443' }, 'http://cdn.example.com:8443/bucket/docker/data?X-Amz-Signature=a%2Fb&x=1'],
  [{ trimpathprefix: '/bucket' }, 'http://minio:9000/docker/data?X-Amz-Signature=a%2Fb&x=1'],
  [{ trimpathprefix: '/bucket/' }, 'http://minio:9000/docker/data?X-Amz-Signature=a%2Fb&x=1'],
  [{ trimpathprefix: '/other' }, GIVEN],
  [
    { scheme: 'https', host: '[::1]:1', trimpathprefix: '/bucket' },
    'https://[::1]:1/docker/data?X-Amz-Signature=a%2Fb&x=1',
  ],
] as const) {
  test(`${JSON.stringify(options)} makes ${expected}`, async (t) => {
    const { driver: inner, asked } = giving(GIVEN);
    const driver = await wrap(inner, { definition: rewrite, options });
    t.is((await driver.redirectUrl?.(PATH, { method: 'HEAD', expiresInMs: 77 }))?.href, expected);
    t.like(asked[0], { method: 'HEAD', expiresInMs: 77 });
  });
}

test('there is no URL if the driver has none for a path', async (t) => {
  const driver = await wrap(giving(undefined).driver, { definition: rewrite, options: { host: 'cdn.example.com' } });
  t.is(await driver.redirectUrl?.(PATH, { method: 'GET', expiresInMs: 1 }), undefined);
});

test('a driver without URLs causes a warning', async (t) => {
  const context = pluginContext();
  const driver = await wrap(new MemoryDriver(), { definition: rewrite, options: { host: 'a' }, context });
  t.is(await driver.redirectUrl?.(PATH, { method: 'GET', expiresInMs: 1 }), undefined);
  t.regex(context.warnings.join(), /"inmemory" returns no URLs/);
});

for (const [options, problem] of [
  [{ scheme: 'ftp' }, /^scheme: must be http or https/],
  [{ host: 'https://cdn.example.com' }, /^host: must be a host/],
  [{ host: 'cdn.example.com/path' }, /^host: must be a host/],
  [{ host: 'a b' }, /^host: must be a host/],
  [{ host: '' }, /^host: must be a host/],
  [{ trimpathprefix: 7 }, /^trimpathprefix: must be the beginning of a path/],
  [{ trimPathPrefix: '/x' }, /trimPathPrefix/],
] as const) {
  test(`${JSON.stringify(options)} is refused by name`, async (t) => {
    t.regex((await problemsOf({ definition: rewrite, options })).join(), problem);
  });
}
