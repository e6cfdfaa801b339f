import type { SeenRequest, ServiceAnswer } from '../../helpers/http/seen-request.ts';

type Forward = (request: SeenRequest) => Promise<ServiceAnswer>;

interface Session {
  persisted: number;
  /** The answer to the request that completed the upload. */
  completed?: ServiceAnswer;
}

/**
 * What fake-gcs-server lacks of resumable uploads: it appends any bytes, and treats a query for the state of an upload
 * as its end. Cloud Storage (https://cloud.google.com/storage/docs/performing-resumable-uploads) answers such a query,
 * ignores bytes that it has already, and gives the same answer to a completed upload again.
 */
export class SessionLedger {
  readonly #sessions = new Map<string, Session>();

  /** @param keepBytes how many bytes of the part the service is to keep; default all */
  async pass(request: SeenRequest, forward: Forward, keepBytes?: number): Promise<ServiceAnswer> {
    const id = new URL(request.url, 'http://proxy').searchParams.get('upload_id');
    if (request.method !== 'PUT' || id === null) return forward(request);
    const session = this.#sessions.get(id) ?? { persisted: 0 };
    this.#sessions.set(id, session);
    if (session.completed !== undefined) return session.completed;
    const { first, total } = rangeOf(request);
    if (first === '*' && total === '*') return stateOf(session);
    const start = first === '*' ? session.persisted : Number(first);
    if (start > session.persisted) throw new Error(`a gap before byte ${start}`);
    const fresh = request.body.subarray(session.persisted - start);
    const kept = keepBytes === undefined ? fresh : fresh.subarray(0, keepBytes);
    const isEnd = total !== '*' && kept.byteLength === fresh.byteLength;
    if (kept.byteLength === 0 && !isEnd) return stateOf(session);
    const end = session.persisted + kept.byteLength;
    const range = kept.byteLength === 0 ? '*' : `${session.persisted}-${end - 1}`;
    const headers = { ...request.headers, 'content-range': `bytes ${range}/${isEnd ? total : '*'}` };
    const answer = await forward({ ...request, headers, body: kept });
    session.persisted = end;
    if (isEnd && answer.status === 200) session.completed = answer;
    return answer;
  }
}

/** The first byte and the size in `Content-Range`; `*` for an unknown one. */
function rangeOf({ headers }: SeenRequest): { readonly first: string; readonly total: string } {
  const [, first, total] = /^bytes (\*|\d+)(?:-\d+)?\/(\*|\d+)$/.exec(headers['content-range'] ?? '') ?? [];
  if (first === undefined || total === undefined) throw new Error(`no range: ${headers['content-range']}`);
  return { first, total };
}

function stateOf({ persisted }: Session): ServiceAnswer {
  const headers = persisted === 0 ? {} : { range: `bytes=0-${persisted - 1}` };
  return { status: 308, headers: { ...headers, 'content-length': '0' }, body: Buffer.alloc(0) };
}
