import { Agent } from 'node:http';
import { mapConcurrently } from '../core/async/concurrency.ts';
import { type Content, type NamedManifest, OCI_MANIFEST, repositoryName, tagName } from './content.ts';
import { expectStatus, sendRequest } from './load/http-request.ts';
import { pushBlob } from './load/push.ts';

const CONCURRENCY = 16;

/** Pushes the content to an empty registry over HTTP, as any client does. */
export async function fill(url: string, content: Content): Promise<void> {
  const filler = new Filler(url, content);
  try {
    await filler.fill();
  } finally {
    filler.agent.destroy();
  }
}

class Filler {
  readonly agent = new Agent({ keepAlive: true, maxSockets: CONCURRENCY });
  readonly #url: string;
  readonly #content: Content;

  constructor(url: string, content: Content) {
    this.#url = url;
    this.#content = content;
  }

  async fill(): Promise<void> {
    const { empty, small, large, manifest, referrers, scale } = this.#content;
    for (const blob of [empty, small, large]) {
      await pushBlob(this.agent, { url: this.#url, repository: 'bench/app' }, blob);
    }
    await this.#put('bench/app', 'latest', manifest);
    await this.#mountAll('bench/tags');
    await this.#times(scale.tags, (index) => this.#put('bench/tags', tagName(index), manifest));
    await this.#times(scale.repositories, async (index) => {
      const name = repositoryName(index);
      await this.#mountAll(name);
      await this.#put(name, 'latest', manifest);
    });
    await this.#times(referrers.length, async (index) => {
      const referrer = referrers[index];
      if (referrer !== undefined) await this.#put('bench/app', referrer.digest, referrer);
    });
  }

  async #times(count: number, action: (index: number) => Promise<void>): Promise<void> {
    await mapConcurrently(
      Array.from({ length: count }, (_, index) => index),
      CONCURRENCY,
      action,
    );
  }

  async #put(name: string, reference: string, { text }: NamedManifest): Promise<void> {
    const body = Buffer.from(text);
    const answer = await sendRequest({
      agent: this.agent,
      method: 'PUT',
      url: `${this.#url}/v2/${name}/manifests/${reference}`,
      headers: { 'Content-Type': OCI_MANIFEST },
      body: { pieces: [body], length: body.byteLength },
    });
    expectStatus(answer, 201);
  }

  async #mountAll(name: string): Promise<void> {
    const { empty, small, large } = this.#content;
    for (const { digest } of [empty, small, large]) {
      const url = `${this.#url}/v2/${name}/blobs/uploads/?mount=${digest}&from=bench/app`;
      expectStatus(await sendRequest({ agent: this.agent, method: 'POST', url }), 201);
    }
  }
}
