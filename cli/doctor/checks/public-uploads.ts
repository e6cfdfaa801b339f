import { setTimeout as delay } from 'node:timers/promises';
import { type Access, pushTo } from '../../../client/auth/scopes.ts';
import type { HttpAnswer } from '../../../client/http/http-answer.ts';
import { locationOf } from '../../../client/http/location.ts';
import { StreamedBody } from '../../../client/http/streamed-body.ts';
import type { RemoteClient } from '../../../client/remote/remote-client.ts';
import { type DoctorCheck, type DoctorFinding, failure, note, ok } from '../check.ts';
import type { PublicAddress } from '../public-address.ts';
import { Skipped } from '../skipped.ts';

const MIB = 1024 * 1024;
/** More than nginx accepts by default. */
const LARGE_BYTES = 2 * MIB;
const CHUNK_BYTES = 64 * 1024;
/** How long an answer may take that needs no body, in milliseconds. */
const PATIENCE_MS = 3_000;
/** Where no upload is. */
const FAR_AWAY = '1000000000000-1000000000001';

/** Begins an upload as a client does, and gives it up. */
export const publicUploads: DoctorCheck = {
  name: 'public-uploads',
  proves: 'an upload at the address of --url stays there, may be large, and may be sent in chunks',
  run: async (examined) => {
    const address = examined.publicAddress();
    await requireUser(address);
    const upload = await begin(address);
    try {
      return [upload.finding, ...(await sendLarge(upload)), ...(await sendChunked(upload)), ...(await refuse(upload))];
    } finally {
      const { client, access, location } = upload;
      await client.send({ method: 'DELETE', url: location, access }).then(
        async (answer) => answer.drop(),
        () => undefined,
      );
    }
  },
};

interface BegunUpload {
  readonly client: RemoteClient;
  readonly access: Access;
  readonly finding: DoctorFinding;
  /** Where it continues. */
  location: string;
}

async function requireUser(address: PublicAddress): Promise<void> {
  if (address.hasUser || (await address.answer()).status === 200) return;
  throw new Skipped(`an upload needs a user who may push to ${address.repository}; give one with --username`);
}

async function begin({ client, url, repository }: PublicAddress): Promise<BegunUpload> {
  const access = pushTo(repository);
  const answer = await client.send({ method: 'POST', url: client.urls.upload(repository), access });
  await answer.drop();
  if (answer.status === 401 || answer.status === 403) throw new Skipped(`this user may not push to ${repository}`);
  if (answer.status === 405) throw new Skipped('the registry is read-only');
  if (answer.status !== 202) throw new Error(`beginning an upload answers ${answer.status}`);
  return { client, access, finding: placeOf(answer, url), location: locationOf(answer) };
}

/** Where clients are sent with their bytes. */
function placeOf(answer: HttpAnswer, { origin }: URL): DoctorFinding {
  const location = answer.header('location') ?? '';
  const target = URL.canParse(location) ? new URL(location).origin : origin;
  if (target === origin) return ok('an upload continues at the same scheme and host');
  const remedy =
    'the proxy has to pass the header Host and to set X-Forwarded-Proto, or set http.host; docs/quick-starts/nginx.md';
  return failure(`clients are sent to ${target} with their uploads, not to ${origin}`, remedy);
}

async function sendLarge(upload: BegunUpload): Promise<readonly DoctorFinding[]> {
  const answer = await patch(upload, { body: Buffer.alloc(LARGE_BYTES) });
  if (answer.status === 413) {
    const remedy = 'nginx: client_max_body_size 0; other proxies have a limit of their own';
    return [failure(`a body of ${LARGE_BYTES / MIB} MiB is refused (413)`, remedy)];
  }
  return expected(upload, answer, `a body of ${LARGE_BYTES / MIB} MiB`);
}

async function sendChunked(upload: BegunUpload): Promise<readonly DoctorFinding[]> {
  const body = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    yield Buffer.alloc(CHUNK_BYTES);
  };
  return expected(
    upload,
    await patch(upload, { body: new StreamedBody(body()) }),
    'a body of unknown length (chunked)',
  );
}

/** A registry refuses this before the body has arrived; a proxy that collects bodies asks it afterwards. */
async function refuse(upload: BegunUpload): Promise<readonly DoctorFinding[]> {
  const answered = new AbortController();
  const waited = Promise.withResolvers<'late' | 'early'>();
  const body = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    yield Buffer.alloc(CHUNK_BYTES);
    await delay(PATIENCE_MS, undefined, { signal: answered.signal }).then(
      () => waited.resolve('late'),
      () => undefined,
    );
    yield Buffer.alloc(CHUNK_BYTES);
  };
  const headers = { 'content-range': FAR_AWAY };
  // A connection that is closed early was answered as well.
  await patch(upload, { body: new StreamedBody(body(), 2 * CHUNK_BYTES), headers }).catch(() => undefined);
  answered.abort();
  waited.resolve('early');
  if ((await waited.promise) === 'early') return [ok('bodies are passed on while they arrive')];
  const remedy = 'nginx: proxy_request_buffering off; otherwise each upload is on the disk of the proxy first';
  return [note('a proxy collects the whole body of a request before it passes it on', remedy)];
}

async function patch(
  { client, access, location }: BegunUpload,
  { body, headers }: { readonly body: Uint8Array | StreamedBody; readonly headers?: Readonly<Record<string, string>> },
): Promise<HttpAnswer> {
  const type = { 'content-type': 'application/octet-stream' };
  const answer = await client.send({ method: 'PATCH', url: location, access, body, headers: { ...type, ...headers } });
  await answer.drop();
  return answer;
}

function expected(upload: BegunUpload, answer: HttpAnswer, what: string): readonly DoctorFinding[] {
  if (answer.status !== 202) {
    return [failure(`${what} is refused (${answer.status})`, 'look at the log of the proxy and of the registry')];
  }
  upload.location = locationOf(answer);
  return [ok(`${what} is taken`)];
}
