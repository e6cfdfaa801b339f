import test, { type ExecutionContext } from 'ava';
import {
  BLOBS,
  CHILD,
  REFUSED,
  REFUSED_HERE,
  type Sent,
  TAKEN,
  TAKEN_HERE,
} from '../../../helpers/content/manifest-table.ts';
import { digestOf, type Registry, withRegistry } from '../../../helpers/http/with-registry.ts';

async function withChild(t: ExecutionContext): Promise<Registry> {
  const registry = await withRegistry(t);
  for (const blob of BLOBS) await registry.pushBlob('app', blob);
  t.is((await registry.putManifest('app', digestOf(CHILD.body), CHILD)).status, 201);
  return registry;
}

/** Puts each document and returns those with a wrong answer. */
async function answers(registry: Registry, documents: Readonly<Record<string, Sent>>): Promise<[string, number][]> {
  const given: [string, number][] = [];
  for (const [what, sent] of Object.entries(documents)) {
    given.push([what, (await registry.putManifest('app', digestOf(sent.body), sent)).status]);
  }
  return given;
}

const all = (groups: Readonly<Record<string, Readonly<Record<string, Sent>>>>): Record<string, Sent> =>
  Object.assign({}, ...Object.values(groups)) as Record<string, Sent>;

test('manifests that distribution accepts are accepted, and come back byte for byte under their type', async (t) => {
  const registry = await withChild(t);
  const documents = { ...TAKEN, ...all(TAKEN_HERE) };
  t.deepEqual(
    (await answers(registry, documents)).filter(([, status]) => status !== 201),
    [],
  );
  for (const [what, { type, body }] of Object.entries(documents)) {
    const answer = await registry.ask('GET', `/v2/app/manifests/${digestOf(body)}`);
    t.is(answer.status, 200, what);
    t.true(answer.body.equals(body), what);
    if (type !== 'application/json') {
      t.is(answer.headers['content-type'], type.toLowerCase().split(';')[0], what);
    }
  }
});

test('manifests that distribution refuses, or that would confuse clients, are refused with 400 and not stored', async (t) => {
  const registry = await withChild(t);
  const documents = { ...REFUSED, ...all(REFUSED_HERE) };
  t.deepEqual(
    (await answers(registry, documents)).filter(([, status]) => status !== 400),
    [],
  );
  for (const [what, { body }] of Object.entries(documents)) {
    t.is((await registry.ask('GET', `/v2/app/manifests/${digestOf(body)}`)).status, 404, what);
  }
});

test('missing fields are named in a warning', async (t) => {
  const registry = await withChild(t);
  const warningOf = async (what: string): Promise<unknown> => {
    const sent = TAKEN[what] as Sent;
    return (await registry.putManifest('app', digestOf(sent.body), sent)).headers['warning'];
  };
  t.is(await warningOf('an image'), undefined);
  for (const [what, pattern] of [
    ['an index without manifests', /manifests is missing/],
    ['an image with layers null', /layers is missing/],
    ['an image without mediaType', /the manifest has no mediaType/],
    ['a layer without mediaType', /layers\[0\] has no mediaType/],
    ['a config with mediaType null', /config has no mediaType/],
    ['a layer without size', /layers\[0\] has the size 0, but 5 bytes are stored/],
    ['a layer of a wrong size', /layers\[0\] has the size 6, but 5 bytes are stored/],
    ['an image with an empty subject', /subject has no digest/],
  ] as const) {
    t.regex(String(await warningOf(what)), pattern, what);
  }
});
