import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, BlockList } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import Koa from 'koa';
import { accessLog } from '../../../../server/http/access-log/access-log.ts';
import { structuredRequests } from '../../../../server/http/access-log/structured-requests.ts';
import { clientAddress } from '../../../../server/http/client-address.ts';
import { type Context, type RequestState, requestScope } from '../../../../server/http/request-scope.ts';
import { ask } from '../../../helpers/http/http-request.ts';
import { scopeServices } from '../../../helpers/http/scope-services.ts';

const ignore = (): void => undefined;

function networks(...given: [address: string, prefix: number][]): BlockList {
  const list = new BlockList();
  for (const [address, prefix] of given) list.addSubnet(address, prefix);
  return list;
}

/** The address in the line of one request with these headers. */
async function remoteOf(
  t: ExecutionContext,
  headers: Readonly<Record<string, string>>,
  {
    trustedProxies,
    handle = (ctx) => void (ctx.status = 204),
  }: { readonly trustedProxies?: BlockList; readonly handle?: (ctx: Context) => void } = {},
): Promise<unknown> {
  const line = Promise.withResolvers<Readonly<Record<string, unknown>>>();
  const log = { debug: ignore, warn: ignore, error: ignore, info: (fields: object) => line.resolve({ ...fields }) };
  const app = new Koa<RequestState>();
  app.use(requestScope(scopeServices(log), { headers: {} }));
  app.use(accessLog({ trustedProxies }, structuredRequests(log)));
  app.use(handle);
  const listener = app.callback();
  const server = createServer((request, response) => void listener(request, response)).listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await once(server, 'listening');
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await ask({ address }, 'GET', '/', { headers }).catch(ignore);
  return (await line.promise)['remote'];
}

test('without trusted proxies the access log shows what the headers claim first, as distribution does', async (t) => {
  t.is(await remoteOf(t, { 'X-Forwarded-For': '192.0.2.7, 10.0.0.1', 'X-Real-Ip': '192.0.2.8' }), '192.0.2.7');
  t.is(await remoteOf(t, { 'X-Real-Ip': '192.0.2.8' }), '192.0.2.8');
  t.is(await remoteOf(t, {}), '127.0.0.1');
});

test('with trusted proxies the access log shows the address that access controllers see', async (t) => {
  const trustedProxies = networks(['127.0.0.1', 32], ['10.0.0.0', 8]);
  const forged = { 'X-Forwarded-For': '198.51.100.1, 192.0.2.7, 10.0.0.1', 'X-Real-Ip': '198.51.100.2' };
  t.is(await remoteOf(t, forged, { trustedProxies }), '192.0.2.7');
  t.is(await remoteOf(t, forged, { trustedProxies: networks(['10.0.0.0', 8]) }), '127.0.0.1', 'not from a proxy');
});

test('a connection that has ended keeps its address, and is not taken for a trusted Unix socket', async (t) => {
  const trustedProxies = networks(['10.0.0.0', 8]);
  let seen: string | undefined;
  const handle = ({ req, state }: Context): void => {
    req.socket.destroy();
    seen = clientAddress({ headers: req.headers, peer: state.scope.peer }, trustedProxies);
  };
  t.is(await remoteOf(t, { 'X-Forwarded-For': '192.0.2.7' }, { trustedProxies, handle }), '127.0.0.1');
  t.is(seen, '127.0.0.1');
});
