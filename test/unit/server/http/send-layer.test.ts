import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test from 'ava';
import Koa from 'koa';
import { digestOf } from '../../../../core/digest/digest.ts';
import { LocalLayer } from '../../../../core/registry/local/layer.ts';
import type { BlobStore } from '../../../../core/storage/blob-store.ts';
import { DriverFileReader } from '../../../../core/storage/driver-file-reader.ts';
import { PathMapper } from '../../../../core/storage/paths/path-mapper.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import { errorResponder } from '../../../../server/http/error-responder.ts';
import { type RequestState, requestScope } from '../../../../server/http/request-scope.ts';
import { sendLayer } from '../../../../server/http/send-layer.ts';
import { assertError } from '../../../helpers/http/assert-error.ts';
import { ask } from '../../../helpers/http/http-request.ts';
import { scopeServices } from '../../../helpers/http/scope-services.ts';

test('several ranges of a blob whose content has vanished are answered as an unknown blob', async (t) => {
  const bytes = Buffer.from('0123456789');
  const digest = digestOf(bytes);
  const path = new PathMapper().blobData(digest);
  // The link and the size were read; the file is gone when its reader is opened.
  const blobs: Pick<BlobStore, 'reader' | 'redirectUrl'> = {
    reader: () => DriverFileReader.open(new MemoryDriver(), path),
    redirectUrl: async () => undefined,
  };
  const descriptor = { mediaType: 'application/octet-stream', digest, size: bytes.byteLength };
  const layer = new LocalLayer(blobs as BlobStore, descriptor, digest);
  const ignore = (): void => undefined;
  const app = new Koa<RequestState>();
  app.use(requestScope(scopeServices({ debug: ignore, info: ignore, warn: ignore, error: ignore }), { headers: {} }));
  app.use(errorResponder(async () => undefined));
  app.use((ctx) => sendLayer(ctx, layer, { redirect: false }));
  const listener = app.callback();
  const server = createServer((request, response) => void listener(request, response)).listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await once(server, 'listening');
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const answer = await ask({ address }, 'GET', '/', { headers: { Range: 'bytes=0-1,5-6' } });
  assertError(t, answer, 404, 'BLOB_UNKNOWN');
});
