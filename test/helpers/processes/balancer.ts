import { Agent, type IncomingMessage, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

/** The answer that a balancer received for a request. */
export interface Passed {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

interface Instance {
  readonly address: string;
  readonly agent: Agent;
  isReady: boolean;
}

const CHECK_MS = 20;

/**
 * Sends requests to instances in turn, over kept-alive connections, to those whose `/readyz` answered 200 a moment ago,
 * as HAProxy does with `option httpchk`. Nothing is sent twice.
 */
export class Balancer implements AsyncDisposable {
  readonly #instances: readonly Instance[];
  readonly #ended = new AbortController();
  readonly #checks: Promise<void>[];
  #next = 0;

  constructor(addresses: readonly string[]) {
    this.#instances = addresses.map((address) => ({ address, agent: new Agent({ keepAlive: true }), isReady: false }));
    this.#checks = this.#instances.map((instance) => this.#check(instance));
  }

  /** The number of instances that get requests. */
  get ready(): number {
    return this.#instances.filter(({ isReady }) => isReady).length;
  }

  /** @throws the failure, also if no instance is ready */
  async pass(method: string, path: string, body?: string): Promise<Passed> {
    const ready = this.#instances.filter(({ isReady }) => isReady);
    const instance = ready[this.#next++ % ready.length];
    if (instance === undefined) throw new Error('no instance is ready');
    return send(instance, { method, path, body });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    await Promise.all(this.#checks);
    for (const { agent } of this.#instances) agent.destroy();
  }

  async #check(instance: Instance): Promise<void> {
    const { signal } = this.#ended;
    while (!signal.aborted) {
      const { address } = instance;
      const answer = await send({ address, agent: false }, { method: 'GET', path: '/readyz' }).catch(() => undefined);
      instance.isReady = answer?.status === 200;
      await delay(CHECK_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

function send(
  { address, agent }: { readonly address: string; readonly agent: Agent | false },
  { method, path, body }: { readonly method: string; readonly path: string; readonly body?: string | undefined },
): Promise<Passed> {
  return new Promise((resolve, reject) => {
    const headers = { 'Content-Length': Buffer.byteLength(body ?? ''), 'Content-Type': 'application/octet-stream' };
    const sent = request(new URL(path, address), { agent, method, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => void (text += chunk));
      response.once('error', reject);
      response.once('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    });
    sent.once('error', reject).end(body);
  });
}
