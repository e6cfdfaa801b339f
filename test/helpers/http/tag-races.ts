import type { ExecutionContext } from 'ava';
import { parseErrorBody } from '../../../core/api/error-body.ts';
import { digestOf, imageManifest, OCI_MANIFEST } from './with-registry.ts';
import { type RunningWorkers, WorkerConnection } from './with-workers.ts';

const NAME = 'app';

type Answered = Awaited<ReturnType<WorkerConnection['ask']>>;

/** The configuration of a registry in which every tag is immutable. */
export const ALL_IMMUTABLE = { middleware: { registry: [{ name: 'immutable-tags' }] } };

/** A manifest that differs from those with other notes; all have the same layer. */
function manifestWith(note: string): { readonly body: string; readonly digest: string } {
  const body = JSON.stringify({ ...JSON.parse(imageManifest('layer')), annotations: { note } });
  return { body, digest: digestOf(body) };
}

/**
 * This many connections to each instance, to at least two workers, and a repository with the blobs that manifests need.
 */
export async function connections(
  t: ExecutionContext,
  instances: readonly RunningWorkers[],
  count: number,
): Promise<readonly WorkerConnection[]> {
  const all: WorkerConnection[] = [];
  for (const instance of instances) {
    const pair = await WorkerConnection.pair(t, instance);
    const others = Array.from({ length: count - pair.length }, () => new WorkerConnection(instance.address));
    t.teardown(() => others.forEach((connection) => connection.close()));
    all.push(...pair, ...others);
  }
  for (const body of ['{}', 'layer']) {
    const pushed = await all[0]?.ask('POST', `/v2/${NAME}/blobs/uploads/?digest=${digestOf(body)}`, {
      body,
      headers: { 'Content-Type': 'application/octet-stream' },
    });
    t.is(pushed?.status, 201, pushed?.text);
  }
  return all;
}

function put(connection: WorkerConnection, reference: string, body: string): Promise<Answered> {
  const headers = { 'Content-Type': OCI_MANIFEST };
  return connection.ask('PUT', `/v2/${NAME}/manifests/${reference}`, { body, headers });
}

function remove(connection: WorkerConnection, reference: string): Promise<Answered> {
  return connection.ask('DELETE', `/v2/${NAME}/manifests/${reference}`);
}

/** The digest of a reference, which all connections must agree on; `undefined` if there is none. */
async function namedBy(
  t: ExecutionContext,
  all: readonly WorkerConnection[],
  reference: string,
): Promise<string | undefined> {
  const answers = await Promise.all(all.map((each) => each.ask('HEAD', `/v2/${NAME}/manifests/${reference}`)));
  const found = new Set(
    answers.map(({ status, headers }) => (status === 200 ? String(headers['docker-content-digest']) : undefined)),
  );
  t.is(found.size, 1, `${reference} is ${[...found].join(' and ')}`);
  return [...found][0];
}

/** Concurrently pushes a different manifest from every connection under the same new tag, and checks that one wins. */
export async function raceForTag(t: ExecutionContext, all: readonly WorkerConnection[], tag: string): Promise<void> {
  const manifests = all.map((_, index) => manifestWith(`${tag}/${index}`));
  const answers = await Promise.all(all.map((each, index) => put(each, tag, manifests[index]?.body ?? '')));
  const winner = answers.findIndex(({ status }) => status === 201);
  const digest = manifests[winner]?.digest;
  t.truthy(digest, 'nobody has won');
  for (const [index, { status, text }] of answers.entries()) {
    if (index === winner) continue;
    const refused = manifests[index]?.digest;
    t.is(status, 403, text);
    t.like(parseErrorBody(text)[0], {
      code: 'DENIED',
      message: `the tag "${tag}" is immutable: neither it nor its manifest can be replaced or deleted`,
      detail: { name: NAME, tag, digest, refused },
    });
  }
  t.is(await namedBy(t, all, tag), digest);
  const loser = manifests[winner === 0 ? 1 : 0]?.digest ?? '';
  t.is(await namedBy(t, all, loser), undefined, 'what was refused is not stored');
}

/** What a tag names, and whether one manifest exists. */
interface State {
  readonly tag: string | undefined;
  readonly has: boolean;
}

type Step = (state: State) => readonly [status: number, after: State];

/**
 * Concurrently runs pushes of a new tag, and deletes of it and of the existing manifest, and checks that they took
 * effect one after the other, in some order.
 */
export async function raceWithDeletes(
  t: ExecutionContext,
  all: readonly WorkerConnection[],
  tag: string,
): Promise<void> {
  const [own, other] = [manifestWith(`${tag}/own`), manifestWith(`${tag}/other`)];
  const [first = new WorkerConnection('')] = all;
  t.is((await put(first, own.digest, own.body)).status, 201);
  const requests: readonly (readonly [send: (connection: WorkerConnection) => Promise<Answered>, step: Step])[] = [
    [(each) => put(each, tag, own.body), pushes(own.digest, { isOwn: true })],
    [(each) => remove(each, own.digest), deletesManifest(own.digest)],
    [(each) => put(each, tag, other.body), pushes(other.digest, { isOwn: false })],
    [(each) => remove(each, tag), deletesTag],
    [(each) => remove(each, own.digest), deletesManifest(own.digest)],
  ];
  const answers = await Promise.all(requests.map(([send], index) => send(all[index % all.length] ?? first)));
  const statuses = answers.map(({ status }) => status);
  const after: State = {
    tag: await namedBy(t, all, tag),
    has: (await namedBy(t, all, own.digest)) !== undefined,
  };
  const steps = requests.map(([, step], index) => ({ step, status: statuses[index] }));
  t.true(
    canEnd(steps, { tag: undefined, has: true }, after),
    `${statuses.join()} and then ${JSON.stringify(after)} fit no order of ${tag}: ${answers.map(({ text }) => text).join()}`,
  );
}

function pushes(digest: string, { isOwn }: { readonly isOwn: boolean }): Step {
  return (state) => {
    if (state.tag !== undefined && state.tag !== digest) return [403, state];
    return [201, { tag: digest, has: state.has || isOwn }];
  };
}

function deletesManifest(digest: string): Step {
  return (state) => {
    if (state.tag === digest) return [403, state];
    return state.has ? [202, { ...state, has: false }] : [404, state];
  };
}

const deletesTag: Step = (state) => [state.tag === undefined ? 404 : 403, state];

/** Whether an order of the steps explains their statuses and the final state. */
function canEnd(
  steps: readonly { readonly step: Step; readonly status: number | undefined }[],
  state: State,
  after: State,
): boolean {
  if (steps.length === 0) return state.tag === after.tag && state.has === after.has;
  return steps.some(({ step, status }, index) => {
    const [expected, next] = step(state);
    return expected === status && canEnd(steps.toSpliced(index, 1), next, after);
  });
}
