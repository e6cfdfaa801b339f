import { formatBytes } from '../../../core/model/units.ts';
import type { Logger } from '../../../core/ports/logger.ts';
import type { EndedRequest, WriteRequest } from './ended-request.ts';
import { imageSummary } from './image-summary.ts';

/**
 * Records requests for a person who watches a terminal: one short line each. A pushed or pulled manifest is shown as such.
 * The steps in between, such as opening an upload, sending its chunks and looking for what exists, need level `debug`.
 */
export function readableRequests(log: Pick<Logger, 'info' | 'debug'>): WriteRequest {
  return (ended) => {
    const line = transferLine(ended) ?? requestLine(ended);
    log[isStep(ended) ? 'debug' : 'info']({}, `${line}, ${readableTime(ended.durationMs)}${whoIn(ended)}`);
  };
}

/** Whether the request is only a step of a push or a pull that went as it should. */
function isStep({ request: { method = '' }, path, status }: EndedRequest): boolean {
  // Clients ask without credentials first; failed log-ins have a line of their own.
  if (status === 401) return true;
  if (method === 'HEAD') return status < 500;
  if (method === 'GET') return status < 400 && /\/v2\/$|\/blobs\/uploads\/[^/]+$/.test(path);
  return status === 202 && (method === 'POST' || method === 'PATCH');
}

/** `pushed alpine:latest, 3 layers, 3.4 MB, sha256:…`; `undefined` for a request that moved no manifest. */
function transferLine({ request: { method }, status, scope: { content } }: EndedRequest): string | undefined {
  const verb =
    method === 'PUT' && status === 201 ? 'pushed' : method === 'GET' && status === 200 ? 'pulled' : undefined;
  if (verb === undefined || content?.manifest === undefined) return undefined;
  const { repository, digest, manifest } = content;
  const { reference, bytes } = manifest;
  const name = reference === digest ? repository : `${repository}${reference.includes(':') ? '@' : ':'}${reference}`;
  return `${verb} ${name}, ${imageSummary(bytes)}, ${digest}`;
}

/** `PUT /v2/alpine/blobs/uploads/0b3f4e1c… 201, 3.4 MB`. */
function requestLine({ request: { method }, path, status, bytes, scope: { content, failure } }: EndedRequest): string {
  const size = content?.size ?? (method === 'GET' && status < 400 ? bytes : undefined);
  const line = `${method} ${shortened(path)} ${status}`;
  if (failure !== undefined) return `${line} ${failure.code}${reasonIn(failure.detail)}`;
  if (status === 499) return `${line} (the client went away)`;
  return size === undefined ? line : `${line}, ${formatBytes(size)}`;
}

function reasonIn(detail: Readonly<Record<string, unknown>> | undefined): string {
  const reason = detail?.['reason'];
  return typeof reason === 'string' ? ` (${reason})` : '';
}

/** Digests and upload IDs tell little in full, and leave no room for the rest. */
function shortened(path: string): string {
  return path
    .replace(/(?<=\/[a-z0-9]+:[0-9a-f]{12})[0-9a-f]{20,}$/, '…')
    .replace(/(?<=\/blobs\/uploads\/[\w-]{8})[\w-]+$/, '…');
}

function readableTime(durationMs: number): string {
  return durationMs < 1000 ? `${Math.max(1, Math.round(durationMs))} ms` : `${(durationMs / 1000).toFixed(1)} s`;
}

function whoIn({ remote, scope: { user } }: EndedRequest): string {
  const from = remote === undefined ? '' : ` from ${remote}`;
  return `, ${user === undefined ? 'anonymous' : `user ${user}`}${from}`;
}
