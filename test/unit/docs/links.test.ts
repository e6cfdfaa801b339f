import { globSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import test from 'ava';

/** A link of one page to another file of the repository, or to a place in it. */
interface Link {
  readonly page: string;
  readonly target: string;
  readonly anchor: string;
}

const pages = globSync(
  [
    '*.md',
    '.github/*.md',
    '{bench,cli,client,core,deploy,docs,drivers,examples,plugins,server,test,testing,verify}/**/*.md',
  ],
  { exclude: ['**/node_modules/**', '**/dist/**'] },
);

/** The text without what is code and not prose. */
async function proseOf(page: string): Promise<string> {
  return (await readFile(page, 'utf8')).replaceAll(/^```.*?^```$/gms, '');
}

async function linksOf(page: string): Promise<Link[]> {
  const links = (await proseOf(page)).matchAll(/\]\(([^)\s]+)\)/g);
  return Array.from(links, ([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link))
    .map((link) => {
      const [path = '', anchor = ''] = link.split('#');
      return { page, target: path === '' ? page : join(dirname(page), path), anchor };
    });
}

/** The anchors that GitHub gives to the headings of a page, and those that it sets itself. */
async function anchorsOf(page: string): Promise<Set<string>> {
  const text = await proseOf(page);
  const anchors = new Set(Array.from(text.matchAll(/<a id="([^"]+)">/g), ([, id = '']) => id));
  for (const [, heading = ''] of text.matchAll(/^#+ (.*)$/gm)) {
    const slug = heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-');
    let anchor = slug;
    for (let count = 1; anchors.has(anchor); count += 1) anchor = `${slug}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}

const links = (await Promise.all(pages.map(linksOf))).flat();

test('every link between pages leads to an existing file and heading', async (t) => {
  const anchors = new Map<string, Set<string>>();
  for (const { page, target, anchor } of links) {
    const found = await stat(target).catch(() => undefined);
    if (found === undefined) t.fail(`${page} links to ${target}, which does not exist`);
    if (found === undefined || anchor === '') continue;
    const known = anchors.get(target) ?? (await anchorsOf(target));
    anchors.set(target, known);
    t.true(known.has(anchor), `${page} links to ${target}#${anchor}`);
  }
  t.true(links.length > 0);
});

/** The pages that a reader reaches from the index by links alone; those of other folders lead back into docs as well. */
function reachable(start: string): Set<string> {
  const reached = new Set([start]);
  for (const page of reached) {
    for (const link of links) if (link.page === page && link.target.endsWith('.md')) reached.add(link.target);
  }
  return reached;
}

test('every page of the documentation is reachable from its index', (t) => {
  const reached = reachable('docs/README.md');
  t.deepEqual(
    pages.filter((page) => page.startsWith('docs/') && !reached.has(page)),
    [],
  );
});
