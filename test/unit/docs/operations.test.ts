import { globSync, readFileSync } from 'node:fs';
import test from 'ava';

/** Everything that the registry, its plugins and the command line can say. */
const code = globSync('{cli,core,drivers,plugins,server}/**/*.ts', { exclude: ['**/node_modules/**'] })
  .map((file) => readFileSync(file, 'utf8'))
  .join('\n')
  // A text that goes on in the next line of the code.
  .replaceAll(/['`] \+\s+['`]/g, '');

/** The rows of the tables below a heading, each as its cells. */
function rowsBelow(page: string, heading: string): string[][] {
  const [, part = ''] = page.split(`\n## ${heading}\n`);
  const [section = ''] = part.split('\n## ');
  const rows = Array.from(section.matchAll(/^\| (.*) \|$/gm), ([, row = '']) =>
    row.split(' | ').map((cell) => cell.trim()),
  );
  return rows.slice(2);
}

const troubleshooting = readFileSync('docs/operations/troubleshooting.md', 'utf8');

for (const heading of ['Messages of the start', 'Messages of a push', 'Messages of a pull']) {
  test(`${heading}: every message is one that the code has`, (t) => {
    const rows = rowsBelow(troubleshooting, heading);
    t.true(rows.length > 3);
    for (const [message = ''] of rows) {
      // What a message fills in is left out on the page.
      for (const part of message.split(/…|`/)) {
        t.true(part === ', ' || code.includes(part.trim()), `nothing says ${part.trim()}`);
      }
    }
  });
}

test('every metric of the alerts is one that the code has', (t) => {
  const page = readFileSync('docs/operations/monitoring.md', 'utf8');
  const [, alerts = ''] = /^```yaml alerts.yml\n(.*?)^```$/ms.exec(page) ?? [];
  const metrics = new Set(alerts.match(/\b(?:registry|process|nodejs)_[a-z_]+[a-z]/g));
  t.true(metrics.size > 3);
  for (const metric of metrics) t.true(code.includes(metric.replace(/_bucket$/, '')), `the code has no ${metric}`);
});
