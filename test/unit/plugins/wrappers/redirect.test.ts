import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test from 'ava';
import { parseStoragePath, type StorageDriver } from '../../../../core/driver/index.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import redirect from '../../../../plugins/wrappers/redirect.ts';
import { at, drain } from '../../../../testing/driver-case.ts';
import { pluginContext } from '../../../helpers/drivers/driver-options.ts';
import { problemsOf, wrap } from './wrap.ts';
import { type Prepared, wrapperSuite } from './wrapper-suite.ts';

wrapperSuite(redirect, serveBackend);

/** A server with the content of the backend, under `/base`. */
async function serveBackend(backend: StorageDriver): Promise<Prepared> {
  const answer = async (path: string): Promise<Buffer> => drain(await backend.read(parseStoragePath(path)));
  const server = createServer((request, response) => {
    answer((request.url ?? '').replace(/^\/base/, '')).then(
      (bytes) => response.writeHead(200, { 'Content-Length': bytes.byteLength }).end(bytes),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const release = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { options: { baseurl: `http://127.0.0.1:${port}/base` }, release };
}

const PATH = at('/docker/registry/v2/blobs/sha256/ab/abcd/data');

for (const [baseurl, url] of [
  ['https://cdn.example.com', `https://cdn.example.com${PATH}`],
  ['https://cdn.example.com/', `https://cdn.example.com${PATH}`],
  ['http://cdn.example.com:8080/a/b', `http://cdn.example.com:8080/a/b${PATH}`],
  ['https://cdn.example.com/a//b/', `https://cdn.example.com/a/b${PATH}`],
] as const) {
  test(`${baseurl} sends GET and HEAD alike, also for what is missing`, async (t) => {
    const driver = await wrap(new MemoryDriver(), { definition: redirect, options: { baseurl } });
    t.true(driver.capabilities.redirect);
    for (const method of ['GET', 'HEAD'] as const) {
      t.is((await driver.redirectUrl?.(PATH, { method, expiresInMs: 1 }))?.href, url);
    }
  });
}

test('a URL with a user and a query is reduced to scheme, host and path, with a warning', async (t) => {
  const context = pluginContext();
  const options = { baseurl: 'https://me:secret@cdn.example.com/a?token=1#x' };
  const driver = await wrap(new MemoryDriver(), { definition: redirect, options, context });
  t.is((await driver.redirectUrl?.(PATH, { method: 'GET', expiresInMs: 1 }))?.href, `https://cdn.example.com/a${PATH}`);
  t.is(context.warnings.length, 1);
  t.notRegex(context.warnings.join(), /secret/);
});

for (const baseurl of [undefined, 7, '', 'cdn.example.com', '/only/a/path', 'ftp://cdn.example.com', 'https://']) {
  test(`the base URL ${JSON.stringify(baseurl)} is refused by name`, async (t) => {
    const problems = await problemsOf({ definition: redirect, options: { baseurl } });
    t.is(problems.length, 1);
    t.regex(problems.join(), /^baseurl: must be a URL .*https:\/\/cdn\.example\.com/);
  });
}

test('an option that does not exist is refused', async (t) => {
  const problems = await problemsOf({ definition: redirect, options: { baseurl: 'https://a', baseUrl: 'https://a' } });
  t.regex(problems.join(), /baseUrl/);
});
