import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { listFolder } from '../../../../drivers/gcs/folder-listing.ts';
import { bucketAt, stubService } from './stub-service.ts';

/** A service with pages of `pageSize` items and prefixes together, as in Cloud Storage but not in the emulator. */
async function pagedService(t: ExecutionContext, keys: () => readonly string[], pageSize: () => number) {
  let requests = 0;
  const endpoint = await stubService(t, (request, response) => {
    requests += 1;
    const query = new URL(request.url ?? '', 'http://service').searchParams;
    const prefix = query.get('prefix') ?? '';
    const delimiter = query.get('delimiter');
    const from = query.get('pageToken') ?? query.get('startOffset') ?? '';
    const before = query.get('endOffset') ?? '\uffff';
    const entries = new Set<string>();
    for (const key of keys()) {
      if (!key.startsWith(prefix) || key < from || key >= before) continue;
      const cut = delimiter === null ? -1 : key.indexOf(delimiter, prefix.length);
      entries.add(cut === -1 ? key : key.slice(0, cut + 1));
    }
    const sorted = [...entries].sort();
    const size = Math.min(pageSize(), Number(query.get('maxResults') ?? Infinity));
    const page = sorted.slice(0, size);
    const next = sorted[size];
    response.end(
      JSON.stringify({
        items: page.filter((entry) => !entry.endsWith('/')).map((name) => ({ name })),
        prefixes: page.filter((entry) => entry.endsWith('/')),
        ...(next === undefined ? {} : { nextPageToken: next }),
      }),
    );
  });
  return { bucket: bucketAt(t, endpoint), requests: () => requests };
}

const name = fc.string({ unit: fc.constantFrom('a', 'b', '-', '.', '0', '_'), minLength: 1, maxLength: 4 });
const tree = fc.array(fc.tuple(name, fc.boolean()), { maxLength: 40 });

test('names come in byte order, each once, whatever the pages are and wherever they begin', async (t) => {
  let keys: string[] = [];
  let pageSize = 1;
  const { bucket } = await pagedService(
    t,
    () => keys,
    () => pageSize,
  );
  await fc.assert(
    fc.asyncProperty(
      tree,
      fc.integer({ min: 1, max: 5 }),
      fc.option(name, { nil: '' }),
      async (entries, size, after) => {
        const folders = new Map(entries);
        keys = [...folders].map(([entry, isFolder]) => `root/${entry}${isFolder ? '/below' : ''}`).sort();
        pageSize = size;
        const found: [string, boolean][] = [];
        for await (const entry of listFolder({ bucket, folderKey: 'root/', after }))
          found.push([entry.name, entry.isFolder]);
        const expected = [...folders].filter(([entry]) => entry > after).sort(([a], [b]) => (a < b ? -1 : 1));
        t.deepEqual(found, expected);
      },
    ),
    { numRuns: 150 },
  );
});

test('the first names of a large folder cost a page, not the folder', async (t) => {
  const keys = Array.from({ length: 5000 }, (_, index) => `root/entry-${String(index).padStart(5, '0')}`);
  const { bucket, requests } = await pagedService(
    t,
    () => keys,
    () => 1000,
  );
  const found: string[] = [];
  for await (const entry of listFolder({ bucket, folderKey: 'root/', after: 'entry-01000' })) {
    found.push(entry.name);
    if (found.length === 100) break;
  }
  t.is(found[0], 'entry-01001');
  t.is(found.at(-1), 'entry-01100');
  t.is(requests(), 2);
});
