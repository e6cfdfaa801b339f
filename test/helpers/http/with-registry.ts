import { createHash, type Hash } from 'node:crypto';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { loadConfiguration } from '../../../server/config/index.ts';
import { startRegistry } from '../../../server/main.ts';
import { tempRoot } from '../drivers/temp-root.ts';
import { redirectLog } from '../processes/redirect-log.ts';
import { secret } from '../secrets/known-secrets.ts';
import { WatchedOutput } from '../secrets/watched-output.ts';
import { type Answer, type Ask, ask, pathOf, type Target } from './http-request.ts';

type Section = Readonly<Record<string, unknown>>;

/** The differences from a registry in memory that is open to every client and allows all deletes. */
export interface RegistryOptions {
  /** `{filesystem: {}}` gets its own folder. */
  readonly storage?: Section;
  readonly http?: Section;
  readonly auth?: Section;
  readonly others?: Section;
  /** The base of relative paths. Default: a temporary folder. */
  readonly folder?: string;
  /** The certificate that the client trusts. */
  readonly ca?: string;
}

/** Starts the real registry on its own port; it is stopped when the test ends. */
export async function withRegistry(t: ExecutionContext, options: RegistryOptions = {}): Promise<Registry> {
  const folder = options.folder ?? (await tempRoot(t));
  // JSON is also YAML.
  const text = JSON.stringify(configurationOf(options, folder));
  const running = await startRegistry(await loadConfiguration({ path: join(folder, 'config.yml'), text, env: {} }));
  // Many tests provoke errors, and look for them in answers. Of the log, only that it holds no secret is tested here.
  const output = new WatchedOutput('the log of a registry');
  redirectLog(running.log, (line) => output.add(line));
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopped ??= running.stop());
  t.teardown(async () => {
    await stop();
    output.check();
  });
  return new Registry({ address: running.address, ca: options.ca }, { stop, root: join(folder, 'root') });
}

function configurationOf({ storage = {}, http, auth, others }: RegistryOptions, folder: string): Section {
  const { filesystem, ...rest } = storage;
  const known = ['delete', 'redirect', 'maintenance', 'cache'];
  const driver =
    filesystem !== undefined
      ? { filesystem: { rootdirectory: join(folder, 'root'), ...(filesystem as Section) } }
      : Object.keys(rest).every((key) => known.includes(key))
        ? { inmemory: {} }
        : {};
  return {
    version: 0.1,
    log: { level: 'error', formatter: 'json', accesslog: { disabled: true } },
    storage: { delete: { enabled: true }, ...rest, ...driver },
    http: { addr: '127.0.0.1:0', secret: secret('known to every test'), draintimeout: '1s', ...http },
    ...(auth && { auth }),
    ...others,
  };
}

/** A running registry with the requests that tests often make. */
export class Registry implements Target {
  readonly address: string;
  readonly ca: string | undefined;
  readonly stop: () => Promise<void>;
  /** The root directory of the filesystem driver. */
  readonly root: string;

  constructor({ address, ca }: Target, { stop, root }: { stop: () => Promise<void>; root: string }) {
    this.address = address;
    this.ca = ca;
    this.stop = stop;
    this.root = root;
  }

  ask(method: string, path: string, options?: Ask): Promise<Answer> {
    return ask(this, method, path, options);
  }

  /** Begins an upload and returns the path and query where it continues. */
  async startUpload(name: string): Promise<string> {
    const answer = await this.ask('POST', `/v2/${name}/blobs/uploads/`);
    return locationOf(expectStatus(answer, 202));
  }

  /** Sends a chunk and returns where the upload continues. */
  async sendChunk(location: string, body: Uint8Array | string): Promise<string> {
    return locationOf(expectStatus(await this.ask('PATCH', location, { body }), 202));
  }

  /** Ends an upload. */
  finishUpload(location: string, digest: string, options?: Ask): Promise<Answer> {
    return this.ask('PUT', withQuery(location, { digest }), options);
  }

  /** Pushes a blob and returns its digest. */
  async pushBlob(name: string, body: Uint8Array | string): Promise<string> {
    const digest = digestOf(body);
    expectStatus(await this.finishUpload(await this.startUpload(name), digest, { body }), 201);
    return digest;
  }

  /** Pushes a manifest, whatever the answer. */
  putManifest(name: string, reference: string, { body, type }: { body: Ask['body']; type: string }): Promise<Answer> {
    return this.ask('PUT', `/v2/${name}/manifests/${reference}`, { body, headers: { 'Content-Type': type } });
  }

  /** Pushes an image of one layer, whose bytes are `text`, and returns the digest of its manifest. */
  async pushImage(name: string, tag: string, text = 'layer'): Promise<string> {
    await this.pushBlob(name, '{}');
    await this.pushBlob(name, text);
    const body = imageManifest(text);
    expectStatus(await this.putManifest(name, tag, { body, type: OCI_MANIFEST }), 201);
    return digestOf(body);
  }
}

export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

/** The manifest of an image with the config `{}` and these layers. */
export function imageManifest(...layers: string[]): string {
  const part = (mediaType: string, body: string): Section => ({
    mediaType,
    digest: digestOf(body),
    size: Buffer.byteLength(body),
  });
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: part('application/vnd.oci.image.config.v1+json', '{}'),
    layers: layers.map((layer) => part('application/vnd.oci.image.layer.v1.tar', layer)),
  });
}

export function digestOf(body: Uint8Array | string, algorithm = 'sha256'): string {
  const hash: Hash = createHash(algorithm);
  return `${algorithm}:${hash.update(body).digest('hex')}`;
}

export function locationOf(answer: Answer): string {
  return pathOf(answer.headers.location);
}

/** `path` with more parameters in its query. */
export function withQuery(path: string, query: Readonly<Record<string, string>>): string {
  return `${path}${path.includes('?') ? '&' : '?'}${new URLSearchParams(query).toString()}`;
}

/** Fails loudly if a precondition of a test fails. */
export function expectStatus(answer: Answer, status: number): Answer {
  if (answer.status === status) return answer;
  throw new Error(`expected ${status}, got ${answer.status}: ${answer.text}`);
}
