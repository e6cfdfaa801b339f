import test from 'ava';
import { describeApi } from '../../../../core/api/describe-api.ts';
import { ERROR_DESCRIPTORS } from '../../../../core/api/error-descriptors.ts';
import { ROUTES } from '../../../../core/api/route-descriptors.ts';

test('the page names every route and every message', (t) => {
  const page = describeApi();
  for (const { path, entity } of ROUTES) t.true(page.includes(`## ${entity}: \`${path}\``), path);
  for (const { message } of Object.values(ERROR_DESCRIPTORS)) t.true(page.includes(message), message);
});

test('every row of a table has as many cells as its head', (t) => {
  let width = 0;
  for (const line of describeApi().split('\n')) {
    const cells = line.startsWith('|') ? line.split(/(?<!\\)\|/).length : 0;
    if (width !== 0 && cells !== 0) t.is(cells, width, line);
    width = cells;
  }
  t.pass();
});

test('nothing on the page would be taken for an HTML element', (t) => {
  const prose = describeApi()
    .replaceAll(/```[^]*?```/g, '')
    .replaceAll(/`[^`\n]*`/g, '')
    .replaceAll('<br>', '');
  t.notRegex(prose, /</);
});
