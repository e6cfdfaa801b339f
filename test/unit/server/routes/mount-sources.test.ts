import test from 'ava';
import { digestOf } from '../../../../core/digest/digest.ts';
import { RegistryError } from '../../../../core/model/errors.ts';
import { parseRepositoryName, type RepositoryName } from '../../../../core/model/reference.ts';
import type { Grant } from '../../../../core/ports/access-controller.ts';
import { takePage } from '../../../../core/registry/page.ts';
import { MountSources, type OpenMount } from '../../../../server/routes/mount-sources.ts';

const BLOB = digestOf(Buffer.from('blob'));

/** Repositories in order, some of which have the blob; every call is recorded. */
function sourcesOf(names: readonly string[], holders: readonly string[], refuse?: string) {
  const calls: string[] = [];
  const running = { now: 0, most: 0 };
  const sources = new MountSources({
    layers: {
      exists: async (name: RepositoryName) => {
        calls.push(`exists ${name}`);
        running.now += 1;
        running.most = Math.max(running.most, running.now);
        await Promise.resolve();
        running.now -= 1;
        if (name === refuse) throw new RegistryError('DENIED');
        return holders.includes(name);
      },
    } as never,
    catalog: {
      list: (request) => {
        calls.push(`list ${request.after ?? ''}`);
        const left = names.filter((name) => request.after === undefined || name > request.after);
        return takePage(request, async (limit) => left.slice(0, limit).map(parseRepositoryName));
      },
    },
  });
  const find = async (open: OpenMount): Promise<string | undefined> => sources.find(open);
  return { sources, find, calls, running };
}

function mountInto(target: string, mayPull: (name: string) => boolean, signal?: AbortSignal): OpenMount {
  const grant: Grant = { actor: undefined, allows: ({ name, action }) => action === 'pull' && mayPull(name) };
  return { target: parseRepositoryName(target), digest: BLOB, grant, call: { signal } };
}

function numbered(count: number, prefix = 'r'): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${String(index).padStart(4, '0')}`);
}

const everything = (): boolean => true;

test('a repository that is known to have the blob is asked first, and no list is needed', async (t) => {
  const { sources, find, calls } = sourcesOf(numbered(50), ['r0040']);
  const open = mountInto('target', everything);
  sources.note(parseRepositoryName('r0040'), BLOB, open.grant);
  t.is(await find(open), 'r0040');
  t.deepEqual(calls, ['exists r0040']);
});

test('a repository that has lost the blob, or that the client may not pull, is not found by what is known', async (t) => {
  const { sources, find, calls } = sourcesOf(['hidden', 'seen'], ['hidden']);
  const open = mountInto('target', (name) => name !== 'hidden');
  for (const name of ['hidden', 'seen']) sources.note(parseRepositoryName(name), BLOB, open.grant);
  t.is(await find(open), undefined);
  t.false(calls.some((call) => call.includes('exists hidden')));
});

test('repositories in the namespace of the target come first, then those after it, then those before it', async (t) => {
  const { find, calls } = sourcesOf(['a', 'team/x', 'team/y', 'z'], ['a']);
  t.is(await find(mountInto('team/target', everything)), 'a');
  const asked = calls.filter((call) => call.startsWith('exists'));
  t.deepEqual(asked, ['exists team/x', 'exists team/y', 'exists z', 'exists a']);
});

test('a search asks at most 100 repositories, 16 at a time, each once', async (t) => {
  const names = [...numbered(250, 'a'), ...numbered(10, 'team/')];
  const { find, calls, running } = sourcesOf(names, []);
  t.is(await find(mountInto('team/target', everything)), undefined);
  const asked = calls.filter((call) => call.startsWith('exists'));
  t.is(asked.length, 100);
  t.is(new Set(asked).size, 100);
  t.is(running.most, 16);
});

test('a search passes at most 300 names that the client may not see', async (t) => {
  const { find, calls } = sourcesOf(numbered(1000), ['r0299', 'r0300']);
  t.is(await find(mountInto('target', (name) => name === 'r0299')), 'r0299');
  t.is(await find(mountInto('target', (name) => name === 'r0300')), undefined);
  t.is(calls.filter((call) => call.startsWith('list')).length, 12);
});

test('the search is the same whether others have the blob or nobody has it', async (t) => {
  const callsFor = async (holders: readonly string[]): Promise<readonly string[]> => {
    const { sources, find, calls } = sourcesOf(numbered(400), holders);
    const open = mountInto('team/target', (name) => Number(name.slice(1)) % 7 === 0);
    for (const name of holders) sources.note(parseRepositoryName(name), BLOB, open.grant);
    t.is(await find(open), undefined);
    return calls;
  };
  t.deepEqual(await callsFor(['r0001', 'r0002', 'r0300']), await callsFor([]));
});

test('a repository that a registry wrapper refuses does not end the search, other failures do', async (t) => {
  const { find } = sourcesOf(['a', 'b'], ['b'], 'a');
  t.is(await find(mountInto('target', everything)), 'b');
  const broken = new MountSources({
    layers: { exists: () => Promise.reject(new RegistryError('UNAVAILABLE')) } as never,
    catalog: { list: async () => ({ items: [parseRepositoryName('a')], more: false }) },
  });
  await t.throwsAsync(broken.find(mountInto('target', everything)), { code: 'UNAVAILABLE' });
});

test('a search that nobody waits for any longer ends', async (t) => {
  const { find, calls } = sourcesOf(numbered(10), []);
  const gone = new Error('the client has gone away');
  t.is(await t.throwsAsync(find(mountInto('target', everything, AbortSignal.abort(gone)))), gone);
  t.deepEqual(calls, []);
});

test('nothing is remembered for clients that may pull everything', async (t) => {
  const { sources, find, calls } = sourcesOf(['a'], ['a']);
  sources.note(parseRepositoryName('a'), BLOB, { actor: undefined });
  await find(mountInto('target', () => false));
  t.deepEqual(calls, ['list ']);
});
