import { readFile } from 'node:fs/promises';
import test from 'ava';
import ts from 'typescript';
import { casesOf } from '../../../testing/all-cases.ts';
import { GROUPS } from '../../../testing/driver-case.ts';
import { GUARANTEES } from '../../../testing/guarantees.ts';

const CONTRACT = ['storage-driver', 'driver-capabilities', 'driver-error'].map((name) => `core/driver/${name}.ts`);

/** The documentation of each interface, type and member, by `Interface` or `Interface.member`, as plain text. */
async function documentation(): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const file of CONTRACT) {
    const source = ts.createSourceFile(file, await readFile(file, 'utf8'), ts.ScriptTarget.Latest, true);
    const keep = (name: string, node: ts.Node): void => {
      const text = ts
        .getJSDocCommentsAndTags(node)
        .map((comment) => comment.getText())
        .join('\n');
      found.set(name, text.replaceAll(/\s*\n\s*\*\s?/g, ' '));
    };
    for (const statement of source.statements) {
      if (ts.isTypeAliasDeclaration(statement)) keep(statement.name.text, statement);
      if (!ts.isInterfaceDeclaration(statement)) continue;
      keep(statement.name.text, statement);
      for (const member of statement.members) {
        if (member.name !== undefined) keep(`${statement.name.text}.${member.name.getText()}`, member);
      }
    }
  }
  return found;
}

test('every guarantee occurs word for word in the documentation of the member that it names', async (t) => {
  const documented = await documentation();
  for (const [name, { member, text }] of Object.entries(GUARANTEES)) {
    t.true(documented.get(member)?.includes(text), `${name}: ${member} does not say: ${text}`);
  }
});

test('every guarantee is proved by a case', (t) => {
  const proved = new Set(casesOf(GROUPS).map(({ proves }) => proves as string));
  t.deepEqual(
    Object.keys(GUARANTEES).filter((name) => !proved.has(name)),
    [],
  );
});

test('every group has cases, and all groups but the large one run by default', (t) => {
  for (const group of GROUPS) t.true(casesOf([group]).length > 0, group);
  const usual = new Set(casesOf().map(({ group }) => group));
  t.deepEqual(
    [...usual],
    GROUPS.filter((group) => group !== 'large'),
  );
});

test('no two cases have one title', (t) => {
  const titles = casesOf(GROUPS).map(({ group, title }) => `${group}: ${title}`);
  t.deepEqual(
    titles.filter((title, index) => titles.indexOf(title) !== index),
    [],
  );
});
