import test from 'ava';
import { withRegistry } from '../../../helpers/http/with-registry.ts';

const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const SENT = { 'X-Request-Id': 'edge-1:42', traceparent: TRACEPARENT };

test('the request ID and the trace of a trusted proxy are kept, in the answer and in the body of an error', async (t) => {
  const registry = await withRegistry(t, { http: { trustedproxies: ['127.0.0.1'] } });
  const { headers, text } = await registry.ask('GET', '/v2/app/manifests/none', { headers: SENT });
  t.is(headers['x-request-id'], 'edge-1:42');
  t.is(headers['traceparent'], TRACEPARENT);
  t.is((JSON.parse(text) as { requestId: string }).requestId, 'edge-1:42');
});

test('those of any other client are ignored', async (t) => {
  for (const http of [{}, { trustedproxies: ['10.0.0.0/8'] }]) {
    const registry = await withRegistry(t, { http });
    const { headers } = await registry.ask('GET', '/v2/', { headers: SENT });
    t.not(headers['x-request-id'], 'edge-1:42');
    t.is(headers['traceparent'], undefined);
  }
});

test('a trusted proxy cannot pass on what would break a log', async (t) => {
  const registry = await withRegistry(t, { http: { trustedproxies: ['127.0.0.1'] } });
  for (const id of ['', 'a b', 'x'.repeat(129), '{"level":"error"}']) {
    const sent = { 'X-Request-Id': id, traceparent: 'ff-zz' };
    const { headers } = await registry.ask('GET', '/v2/', { headers: sent });
    t.regex(String(headers['x-request-id']), /^[0-9a-f]{12}-[0-9a-z]+$/);
    t.is(headers['traceparent'], undefined);
  }
});
