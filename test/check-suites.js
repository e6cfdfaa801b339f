// Every test file belongs to one suite, and every suite has its script in package.json.
// `node test/check-suites.js --write` writes the scripts.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { foldersOf, scriptOf, suites } from './suites.js';

const testFiles = readdirSync('test', { recursive: true })
  .filter((file) => file.endsWith('.test.ts'))
  .map((file) => join('test', file));

function hasFile(suite, file) {
  return foldersOf(suite).some((folder) => file.startsWith(`${folder}/`)) && !suite.except?.includes(file);
}

function scriptsWithSuites(scripts) {
  const others = Object.entries(scripts).filter(([name]) => name !== 'test' && !name.startsWith('test:'));
  const ofSuites = suites.map((suite) => [
    scriptOf(suite),
    suite.checked ? `SUITE=${suite.name} node test/check.js ava` : `npm run -s build && SUITE=${suite.name} ava`,
  ]);
  return Object.fromEntries([...others, ...ofSuites]);
}

const problems = [];
for (const file of testFiles) {
  const owners = suites.filter((suite) => !suite.variant && hasFile(suite, file)).map((suite) => suite.name);
  if (owners.length !== 1) problems.push(`${file} belongs to ${owners.join(' and ') || 'no suite'} in test/suites.js`);
}
for (const suite of suites) {
  if (!testFiles.some((file) => hasFile(suite, file))) problems.push(`the suite ${suite.name} has no test file`);
}

const package_ = JSON.parse(readFileSync('package.json', 'utf8'));
const scripts = scriptsWithSuites(package_.scripts);
if (JSON.stringify(scripts) !== JSON.stringify(package_.scripts)) {
  if (process.argv.includes('--write')) {
    writeFileSync('package.json', `${JSON.stringify({ ...package_, scripts }, null, 2)}\n`);
  } else {
    problems.push('the scripts of package.json are not those of test/suites.js: npm run suites');
  }
}

for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
