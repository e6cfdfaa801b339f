import test from 'ava';
import { digestOf, hexOf } from '../../../../core/digest/digest.ts';
import { parseRepositoryName } from '../../../../core/model/reference.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import { composeCore } from '../../../helpers/core/core-parts.ts';
import { brokenRules } from '../../../helpers/invariants/broken-rules.ts';
import { type StoredFiles, storedFiles } from '../../../helpers/invariants/stored-files.ts';
import { PREPARED } from '../../../suites/faults/operations.ts';

const ROOT = '/docker/registry/v2';
const ELSEWHERE = digestOf(Buffer.from('never stored'));

async function goodFiles(): Promise<Map<string, Buffer>> {
  const driver = new MemoryDriver();
  await PREPARED.prepare(PREPARED.compose(driver));
  return new Map(await storedFiles(driver));
}

function pathOf(files: StoredFiles, part: RegExp): string {
  for (const path of files.keys()) if (part.test(path)) return path;
  throw new Error(`no path is like ${part.source}`);
}

test('content that core stores breaks no rule', async (t) => {
  const files = await goodFiles();
  t.true(files.size > 10);
  t.deepEqual(brokenRules(files), []);
});

const DAMAGES: Readonly<Record<string, { damage: (files: Map<string, Buffer>) => void; says: RegExp }>> = {
  'content that was changed': {
    damage: (files) => files.set(pathOf(files, /\/blobs\//), Buffer.from('others')),
    says: /\/blobs\/.* holds sha256:/,
  },
  'content in the folder of another digest': {
    damage: (files) => files.set(`${ROOT}/blobs/sha256/00/${hexOf(ELSEWHERE)}/data`, Buffer.from('never stored')),
    says: /is no place for content/,
  },
  'a torn layer link': {
    damage: (files) => files.set(pathOf(files, /\/_layers\//), Buffer.from(ELSEWHERE.slice(0, 20))),
    says: /_layers.*is torn: "sha256:/,
  },
  'a tag of a manifest whose content is gone': {
    damage: (files) => {
      const tagged = files.get(pathOf(files, /\/tags\/old\/current\//))?.toString() ?? '';
      files.delete(pathOf(files, new RegExp(`/blobs/.*${tagged.slice('sha256:'.length)}`)));
    },
    says: /tags\/old\/current.*names sha256:.*there is no .*blobs/,
  },
  'a revision link with the digest of another': {
    damage: (files) => files.set(pathOf(files, /\/revisions\//), Buffer.from(ELSEWHERE)),
    says: /revisions.* says "sha256:/,
  },
  'a tag of a manifest that the repository lacks': {
    damage: (files) => files.delete(pathOf(files, /\/revisions\//)),
    says: /tags\/old\/current.*names sha256:.*there is no .*revisions/,
  },
  'a torn tag': {
    damage: (files) => files.set(pathOf(files, /\/tags\/old\/current\//), Buffer.from('sha256:12')),
    says: /tags\/old\/current.*is torn: "sha256:12"/,
  },
  'a torn entry in the history of a tag': {
    damage: (files) => files.set(pathOf(files, /\/tags\/old\/index\//), Buffer.alloc(0)),
    says: /tags\/old\/index.* says ""/,
  },
};

test('a layer link to nothing breaks no rule, because such a blob is not in the repository', async (t) => {
  const driver = new MemoryDriver();
  const { driver: guarded, layers, paths } = composeCore(driver);
  const name = parseRepositoryName('faults/here');
  await guarded.write(paths.layerLink(name, ELSEWHERE), Buffer.from(ELSEWHERE));
  t.deepEqual(brokenRules(await storedFiles(driver)), []);
  t.false(await layers.exists(name, ELSEWHERE));
  t.is(await layers.mount(parseRepositoryName('faults/there'), ELSEWHERE, name), undefined);
});

for (const [what, { damage, says }] of Object.entries(DAMAGES)) {
  test(`${what} breaks a rule`, async (t) => {
    const files = await goodFiles();
    damage(files);
    const problems = brokenRules(files);
    t.true(problems.length > 0);
    t.regex(problems.join('\n'), says);
  });
}
