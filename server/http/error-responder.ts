import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { Middleware } from 'koa';
import { codesIn, statusOf, toErrorBody } from '../../core/api/error-body.ts';
import { errorHeaders, isKnownCode } from '../../core/api/error-descriptors.ts';
import { DriverError } from '../../core/driver/index.ts';
import { type ErrorDetail, RegistryError } from '../../core/model/errors.ts';
import { UploadRangeError } from '../../core/model/upload-state.ts';
import { errorMessage } from '../../plugins/loading/error-message.ts';
import { type Context, isClientGone, type RequestState } from './request-scope.ts';
import { sendJson } from './responses.ts';

/** Headers that a handler may have set before it failed. */
const HEADERS_OF_CONTENT = [
  'Content-Length',
  'Content-Type',
  'Content-Range',
  'ETag',
  'Docker-Content-Digest',
  'Cache-Control',
] as const;

/** Completes the answer to a chunk that does not fit: where the upload is and how to resume it. */
export type UploadHeaders = (ctx: Context, state: UploadRangeError['state']) => Promise<void>;

/** Counts an answer with an error by the codes in its body. */
export type CountErrors = (codes: ReadonlySet<string>) => void;

/**
 * Turns every error that a handler throws into a response; nothing else does.
 * @param countErrors absent without metrics
 */
export function errorResponder(setUploadHeaders: UploadHeaders, countErrors?: CountErrors): Middleware<RequestState> {
  return async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      if (isClientGone(error, ctx.req, ctx.res)) {
        ctx.state.scope.log.debug({ err: error }, 'client went away');
        ctx.req.destroy();
        return;
      }
      if (ctx.res.headersSent) {
        // The rest of the body is missing; only a broken connection tells the client so.
        ctx.state.scope.log.error({ err: error, ...ctx.state.scope.ids }, 'a response was cut off');
        ctx.res.destroy();
        return;
      }
      const failure = await tellUpload(originOf(error), (state) => setUploadHeaders(ctx, state));
      const { answer, headers, problem } = answerable(toRegistryError(failure), ctx);
      ctx.state.scope.failure = answer;
      report(ctx, { failure, answer, problem });
      countErrors?.(codesIn(answer));
      for (const name of HEADERS_OF_CONTENT) ctx.remove(name);
      ctx.set(headers);
      sendJson(ctx, statusOf(answer), toErrorBody(answer, ctx.state.scope.requestId));
    }
  };
}

interface Answerable {
  readonly answer: RegistryError;
  readonly headers: Record<string, string>;
  /** What prevents the headers of the original error from being sent. */
  readonly problem?: Error | undefined;
}

/**
 * An error with the headers of its answer. If those cannot be sent, the code that threw the error has a bug, and the
 * answer is a 500.
 */
function answerable(error: RegistryError, ctx: Context): Answerable {
  const headers = { ...errorHeaders(error, { allow: ctx.response.get('Allow') || ctx.state.scope.readMethods }) };
  try {
    for (const [name, value] of Object.entries(headers)) {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    }
    return { answer: error, headers };
  } catch (cause) {
    const problem = cause instanceof Error ? cause : new Error(String(cause));
    return { answer: new RegistryError('UNKNOWN', undefined, { cause }), headers: {}, problem };
  }
}

/** Logs errors that need an operator. */
function report(
  ctx: Context,
  { failure, answer, problem }: Omit<Answerable, 'headers'> & { readonly failure: unknown },
): void {
  const { log, ids } = ctx.state.scope;
  // A rejection that was decided and logged elsewhere is not a failure of this request.
  const isRefusal = answer === failure && answer.code === 'UNAVAILABLE' && answer.cause === undefined;
  const reason = problem && `a header of the error cannot be sent: ${errorMessage(problem)}`;
  if (statusOf(answer) >= 500 && !isRefusal) {
    log.error({ err: failure, ...ids, ...(reason && { reason }) }, 'request failed');
  }
  // The instances may not share their secrets.
  if (answer.code === 'BLOB_UPLOAD_INVALID' || answer instanceof UploadRangeError)
    log.info({ ...ids, path: ctx.path, ...answer.detail }, 'an upload request was rejected');
}

/**
 * Completes the answer to a chunk that does not fit.
 * @returns the error to answer with: the given one, or the one that prevented its completion
 */
async function tellUpload(error: unknown, tell: (state: UploadRangeError['state']) => Promise<void>): Promise<unknown> {
  if (!(error instanceof UploadRangeError)) return error;
  try {
    await tell(error.state);
    return error;
  } catch (reason) {
    return reason;
  }
}

/** The original error, if releasing a resource failed as well. */
function originOf(error: unknown): unknown {
  return error instanceof SuppressedError ? originOf(error.suppressed) : error;
}

/** What a client may learn about an error: no internals, but whether another attempt can help. */
function toRegistryError(error: unknown): RegistryError {
  if (RegistryError.is(error) && isKnownCode(error.code)) return error;
  if (!DriverError.is(error)) return new RegistryError('UNKNOWN', undefined, { cause: error });
  switch (error.code) {
    case 'no-space':
      return new RegistryError('UNAVAILABLE', { reason: 'the storage is full' }, { cause: error });
    case 'unavailable':
    case 'conflict':
    case 'aborted':
      return new RegistryError('UNAVAILABLE', { reason: 'the storage did not answer' }, { cause: error });
    case 'denied':
      return new RegistryError('STORAGE_REFUSED', whyRefused('the storage refuses the registry', error), {
        cause: error,
      });
    case 'invalid-path':
      return new RegistryError('STORAGE_REFUSED', whyRefused('the storage cannot store anything there', error), {
        cause: error,
      });
    case 'damaged':
      return new RegistryError(
        'STORAGE_REFUSED',
        { reason: 'the content in the storage is damaged' },
        { cause: error },
      );
    case 'not-supported':
      return new RegistryError('UNSUPPORTED', { reason: 'the storage does not support this' }, { cause: error });
    case 'not-found':
    case 'invalid-offset':
    case 'closed':
      return new RegistryError('UNKNOWN', undefined, { cause: error });
  }
}

/** Adds the name of the operating system's error, for example `EACCES`: it tells an operator what to repair. */
function whyRefused(reason: string, { cause }: DriverError): ErrorDetail {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' && /^E[A-Z]{2,}$/.test(code) ? { reason, error: code } : { reason };
}
