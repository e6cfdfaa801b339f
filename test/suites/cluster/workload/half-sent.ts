import type { ClientRequest } from 'node:http';
import { type Answer, answerTo, openRequest, type Target } from '../../../helpers/http/http-request.ts';

/** A request with only the first part of its body sent. */
export class HalfSent {
  readonly #request: ClientRequest;
  /** `undefined` when the connection ends without an answer. */
  readonly answer: Promise<Answer | undefined>;

  private constructor(request: ClientRequest) {
    this.#request = request;
    this.answer = answerTo(request).catch(() => undefined);
  }

  /** Sends the head and the first part, and says in the head that `restBytes` more will come. */
  static send(
    target: Target,
    method: string,
    path: string,
    { first, restBytes }: { first: Uint8Array; restBytes: number },
  ): HalfSent {
    const headers = {
      'Content-Type': 'application/octet-stream',
      'Content-Length': String(first.byteLength + restBytes),
    };
    const request = openRequest(target, method, path, { headers });
    const half = new HalfSent(request);
    request.flushHeaders();
    request.write(first);
    return half;
  }

  /** Sends the rest, and returns the answer. */
  end(rest: Uint8Array): Promise<Answer | undefined> {
    this.#request.end(rest);
    return this.answer;
  }
}
