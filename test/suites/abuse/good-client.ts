import { Agent } from 'node:http';
import type { ExecutionContext } from 'ava';
import { ask, pathOf } from '../../helpers/http/http-request.ts';
import { digestOf, expectStatus, imageManifest, OCI_MANIFEST, withQuery } from '../../helpers/http/with-registry.ts';
import type { Target } from './target.ts';

const LAYER = 'the layer of a good client';
/** With so many the 99th percentile rests on four samples, so that one hiccup of the machine does not decide it. */
const REQUESTS = 400;
/** How much longer than on a quiet server a request may take. */
const MAX_SLOWDOWN = 5;
/**
 * A quiet request takes a millisecond, and five of them are less than one time slice that the system gives to another
 * process. The abusers run on the same machine, so below this a test would measure the system's scheduler. Abuses cost
 * an unprotected server seconds.
 */
const ALWAYS_ALLOWED_MS = 150;
/** A server that hangs makes one request slow, which no percentile of many shows. */
const MAX_MS = 2_500;

/** How long requests took, in milliseconds. */
interface Times {
  readonly p99: number;
  readonly longest: number;
}

/** A client that asks for an image again and again, on a connection that it keeps. */
export class GoodClient {
  readonly #target: Target;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  #quietMs = 0;

  constructor(t: ExecutionContext, target: Target) {
    this.#target = target;
    t.teardown(() => this.#agent.destroy());
  }

  /** Pushes the image, and measures how long requests take before anything happens. */
  static async start(t: ExecutionContext, target: Target): Promise<GoodClient> {
    const client = new GoodClient(t, target);
    await client.pushImage('v1');
    await client.#measure(REQUESTS, () => true);
    client.#quietMs = (await client.#measure(REQUESTS, () => true)).p99;
    return client;
  }

  async pushImage(tag: string): Promise<void> {
    for (const body of ['{}', LAYER]) {
      const begun = expectStatus(await this.#ask('POST', '/v2/app/blobs/uploads/'), 202);
      const location = withQuery(pathOf(begun.headers.location), { digest: digestOf(body) });
      expectStatus(await this.#ask('PUT', location, body), 201);
    }
    expectStatus(await this.#ask('PUT', `/v2/app/manifests/${tag}`, imageManifest(LAYER)), 201);
  }

  /** Runs an abuse with requests during and after it: none of them may fail, or take long. */
  async isServedDuring(t: ExecutionContext, abuse: () => Promise<unknown>): Promise<void> {
    let isOver = false;
    const abused = abuse().finally(() => (isOver = true));
    const { p99, longest } = await this.#measure(REQUESTS, () => isOver);
    await abused;
    const maxMs = Math.max(this.#quietMs * MAX_SLOWDOWN, ALWAYS_ALLOWED_MS);
    t.log(`a good client: p99 ${this.#quietMs.toFixed(1)} ms in quiet, ${p99.toFixed(1)} ms meanwhile`);
    t.true(p99 <= maxMs, `p99 is ${p99} ms, and at most ${maxMs} ms are allowed`);
    t.true(longest <= MAX_MS, `one request took ${longest} ms`);
  }

  /** Sends at least so many requests, and continues until `isEnough`. */
  async #measure(least: number, isEnough: () => boolean): Promise<Times> {
    const times: number[] = [];
    const paths = ['/v2/', '/v2/app/manifests/v1', `/v2/app/blobs/${digestOf(LAYER)}`];
    while (times.length < least || !isEnough()) {
      const startedAt = performance.now();
      expectStatus(await this.#ask('GET', paths[times.length % paths.length] ?? '/v2/'), 200);
      times.push(performance.now() - startedAt);
    }
    times.sort((a, b) => a - b);
    return { p99: times[Math.floor(times.length * 0.99)] ?? 0, longest: times.at(-1) ?? 0 };
  }

  #ask(method: string, path: string, body?: string) {
    const headers = method === 'PUT' && path.includes('/manifests/') ? { 'Content-Type': OCI_MANIFEST } : {};
    return ask(this.#target, method, path, { agent: this.#agent, body, headers });
  }
}
