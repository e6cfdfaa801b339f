import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import Koa from 'koa';
import { DriverError } from '../../../../core/driver/index.ts';
import { RegistryError, type RegistryErrorCode } from '../../../../core/model/errors.ts';
import { parseRepositoryName, parseUploadId } from '../../../../core/model/reference.ts';
import { UploadRangeError } from '../../../../core/model/upload-state.ts';
import { errorResponder } from '../../../../server/http/error-responder.ts';
import { type Context, type RequestState, requestScope } from '../../../../server/http/request-scope.ts';
import { assertError } from '../../../helpers/http/assert-error.ts';
import { ask, type Target } from '../../../helpers/http/http-request.ts';
import { scopeServices } from '../../../helpers/http/scope-services.ts';

interface Served extends Target {
  /** The messages that are logged as errors. */
  readonly errors: string[];
  /** Their fields. */
  readonly errorFields: unknown[];
  /** The fields of what is logged as information. */
  readonly notes: unknown[];
}

/** A server whose only handler does this. */
async function serve(t: ExecutionContext, handle: (ctx: Context) => void): Promise<Served> {
  const errors: string[] = [];
  const errorFields: unknown[] = [];
  const notes: unknown[] = [];
  const ignore = (): void => undefined;
  const log = {
    debug: ignore,
    info: (fields: unknown) => void notes.push(fields),
    warn: ignore,
    error: (fields: unknown, message: string) => {
      errorFields.push(fields);
      errors.push(message);
    },
  };
  const app = new Koa<RequestState>();
  app.use(requestScope(scopeServices(log), { headers: {} }));
  app.use(errorResponder(async () => undefined));
  app.use((ctx) => handle(ctx));
  const listener = app.callback();
  const server = createServer((request, response) => void listener(request, response)).listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await once(server, 'listening');
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, errors, errorFields, notes };
}

test('an unknown error is logged, and the client learns nothing of it', async (t) => {
  const { errors, ...target } = await serve(t, () => {
    throw new Error('the password is 1234');
  });
  const answer = await ask(target, 'GET', '/');
  assertError(t, answer, 500, 'UNKNOWN');
  t.notRegex(answer.text, /password/);
  t.deepEqual(errors, ['request failed']);
});

test('an error of the client is not logged', async (t) => {
  const { errors, ...target } = await serve(t, () => {
    throw new RegistryError('NAME_INVALID', { name: 'X' });
  });
  assertError(t, await ask(target, 'GET', '/'), 400, 'NAME_INVALID');
  t.deepEqual(errors, []);
});

test('why a request for an upload was refused is in the log, without its token', async (t) => {
  const state = { name: parseRepositoryName('a'), uuid: parseUploadId('u'), startedAt: new Date(0), offset: 5 };
  const cases: [RegistryError, number, Record<string, unknown>][] = [
    [new RegistryError('BLOB_UPLOAD_INVALID', { reason: 'another secret' }), 400, { reason: 'another secret' }],
    [new UploadRangeError(state, { reason: 'gone on', given: 2 }), 416, { reason: 'gone on', given: 2, size: 5 }],
  ];
  for (const [failure, status, cause] of cases) {
    const { notes, ...target } = await serve(t, () => {
      throw failure;
    });
    const answer = await ask(target, 'GET', '/v2/a/blobs/uploads/u?_state=token');
    assertError(t, answer, status, 'BLOB_UPLOAD_INVALID');
    t.deepEqual(notes, [{ requestId: answer.headers['x-request-id'], path: '/v2/a/blobs/uploads/u', ...cause }]);
  }
});

test('answers to too many requests and for an unavailable storage say when to try again', async (t) => {
  const cases: [Error, number, string][] = [
    [new RegistryError('TOOMANYREQUESTS'), 429, 'TOOMANYREQUESTS'],
    [new DriverError('unavailable'), 503, 'UNAVAILABLE'],
  ];
  for (const [failure, status, code] of cases) {
    const target = await serve(t, () => {
      throw failure;
    });
    const answer = await ask(target, 'GET', '/');
    assertError(t, answer, status, code);
    t.regex(answer.headers['retry-after'] ?? '', /^[1-9][0-9]*$/);
  }
});

test('an error can state when to try again, rounded up to seconds, and the headers of its answer', async (t) => {
  const target = await serve(t, () => {
    const headers = { 'X-Quota': '10 GB', 'retry-after': '7' };
    throw new RegistryError('DENIED', undefined, { retryAfterMs: 1_001, headers });
  });
  const answer = await ask(target, 'GET', '/');
  assertError(t, answer, 403, 'DENIED');
  t.deepEqual([answer.headers['x-quota'], answer.headers['retry-after']], ['10 GB', '7']);
  const later = await serve(t, () => {
    throw new RegistryError('TOOMANYREQUESTS', undefined, { retryAfterMs: 60_001 });
  });
  t.is((await ask(later, 'GET', '/')).headers['retry-after'], '61');
});

test('an error can ask for a year of patience, and for no more', async (t) => {
  for (const retryAfterMs of [365 * 24 * 3_600_000 + 1, 1e300, Number.MAX_VALUE]) {
    const target = await serve(t, () => {
      throw new RegistryError('UNAVAILABLE', {}, { retryAfterMs });
    });
    t.is((await ask(target, 'GET', '/')).headers['retry-after'], '31536000');
  }
});

test('a code that only another version has is answered as an unknown error without details, and logged', async (t) => {
  const failure = new RegistryError(
    'QUOTA_EXCEEDED' as RegistryErrorCode,
    { secret: 'a' },
    { headers: { 'X-Quota': '1' } },
  );
  const { errors, errorFields, ...target } = await serve(t, () => {
    throw failure;
  });
  const answer = await ask(target, 'GET', '/');
  assertError(t, answer, 500, 'UNKNOWN');
  t.notRegex(answer.text, /secret|detail/);
  t.is(answer.headers['x-quota'], undefined);
  t.deepEqual(errors, ['request failed']);
  t.like(errorFields[0], { err: failure });
});

test('an error with headers that cannot be sent is answered as a defect, and logged', async (t) => {
  const failure = new RegistryError('DENIED', undefined, { headers: { 'X-Reason': 'two\nlines' } });
  const { errors, errorFields, ...target } = await serve(t, () => {
    throw failure;
  });
  const answer = await ask(target, 'GET', '/');
  assertError(t, answer, 500, 'UNKNOWN');
  t.is(answer.headers['x-reason'], undefined);
  t.deepEqual(errors, ['request failed']);
  const reason = 'a header of the error cannot be sent: Invalid character in header content ["X-Reason"]';
  t.like(errorFields[0], { err: failure, reason });
});

test('an answer that fails because its client has gone is not an error of the registry', async (t) => {
  const { errors, ...target } = await serve(t, (ctx) => {
    ctx.res.writeHead(200).write('the beginning');
    ctx.req.socket.destroy();
    throw new Error('write ECANCELED');
  });
  await t.throwsAsync(ask(target, 'GET', '/'));
  t.deepEqual(errors, []);
});

test('an answer that breaks off here is logged, and its connection ended', async (t) => {
  const { errors, ...target } = await serve(t, (ctx) => {
    ctx.res.writeHead(200).write('the beginning');
    throw new DriverError('unavailable');
  });
  await t.throwsAsync(ask(target, 'GET', '/'));
  t.deepEqual(errors, ['a response was cut off']);
});
