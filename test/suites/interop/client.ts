import { createHash } from 'node:crypto';

export const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';

export const digestOf = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** An image whose parts differ with `seed`. */
export function imageOf(seed: string): { blobs: Buffer[]; manifest: Buffer } {
  const config = Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', seed }));
  const layers = [Buffer.alloc(100_000, seed), Buffer.from(`a small layer of ${seed}`)];
  const part = (mediaType: string, bytes: Buffer) => ({ mediaType, digest: digestOf(bytes), size: bytes.length });
  const manifest = {
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: part('application/vnd.oci.image.config.v1+json', config),
    layers: layers.map((layer) => part('application/vnd.oci.image.layer.v1.tar', layer)),
  };
  return { blobs: [config, ...layers], manifest: Buffer.from(JSON.stringify(manifest)) };
}

/** Talks to one registry as any client of distribution would. */
export class Client {
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  /** Sends a request; `to` is a path or a URL from another registry. Rejects unless it gets `status`. */
  async ask(method: string, to: string, status: number, body?: Uint8Array, type?: string): Promise<Response> {
    const { pathname, search } = new URL(to, this.url);
    const response = await fetch(`${this.url}${pathname}${search}`, {
      method,
      headers: { accept: MANIFEST_TYPE, 'content-type': type ?? 'application/octet-stream' },
      ...(body === undefined ? {} : { body: Buffer.from(body) }),
    });
    if (response.status === status) return response;
    throw new Error(`${method} ${response.url} gave ${response.status}, not ${status}: ${await response.text()}`);
  }

  async bytes(path: string): Promise<Buffer> {
    return Buffer.from(await (await this.ask('GET', path, 200)).arrayBuffer());
  }

  async json(path: string): Promise<unknown> {
    return (await this.ask('GET', path, 200)).json();
  }

  /** Begins an upload and returns where it continues. */
  async begin(name: string): Promise<string> {
    return locationOf(await this.ask('POST', `/v2/${name}/blobs/uploads/`, 202));
  }

  /** Sends a chunk and returns where the upload continues. */
  async send(location: string, bytes: Uint8Array): Promise<string> {
    return locationOf(await this.ask('PATCH', location, 202, bytes));
  }

  async finish(location: string, digest: string, bytes?: Uint8Array): Promise<void> {
    await this.ask('PUT', `${location}&digest=${encodeURIComponent(digest)}`, 201, bytes);
  }

  async putManifest(name: string, tag: string, manifest: Uint8Array): Promise<void> {
    await this.ask('PUT', `/v2/${name}/manifests/${tag}`, 201, manifest, MANIFEST_TYPE);
  }

  /** Pushes an image: its first blob in one piece, the others in chunks. */
  async push(name: string, tag: string, { blobs, manifest }: ReturnType<typeof imageOf>): Promise<void> {
    for (const [index, blob] of blobs.entries()) {
      const location = await this.begin(name);
      if (index === 0) await this.finish(location, digestOf(blob), blob);
      else await this.finish(await this.send(location, blob), digestOf(blob));
    }
    await this.putManifest(name, tag, manifest);
  }
}

function locationOf(response: Response): string {
  return response.headers.get('location') ?? '';
}
