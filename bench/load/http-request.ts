import { once } from 'node:events';
import { type Agent, type ClientRequest, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';

/** A request with a body that is never completely in memory. */
export interface HttpRequest {
  readonly agent: Agent;
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: { readonly pieces: Iterable<Uint8Array>; readonly length: number };
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export async function sendRequest({ agent, method, url, headers = {}, body }: HttpRequest): Promise<HttpAnswer> {
  const length = { 'Content-Length': String(body?.length ?? 0) };
  const sent = request(url, { agent, method, headers: { ...headers, ...length } });
  const answered = once(sent, 'response') as Promise<[IncomingMessage]>;
  // The caller awaits the answer and receives the failure, even if sending fails first.
  answered.catch(() => undefined);
  if (body !== undefined) await sendPieces(sent, body.pieces);
  sent.end();
  const [response] = await answered;
  let text = '';
  response.setEncoding('utf8');
  for await (const part of response as AsyncIterable<string>) text += part;
  return { status: response.statusCode ?? 0, headers: response.headers, text };
}

/** @throws Error when the answer has another status */
export function expectStatus(answer: HttpAnswer, status: number): HttpAnswer {
  if (answer.status === status) return answer;
  throw new Error(`the answer was ${answer.status} instead of ${status}: ${answer.text.slice(0, 500)}`);
}

async function sendPieces(sent: ClientRequest, pieces: Iterable<Uint8Array>): Promise<void> {
  for (const piece of pieces) {
    if (!sent.write(piece)) await once(sent, 'drain');
  }
}
