import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const IMPORT = /^(?:import|export)\b[^'"]*['"](\.[^'"]+)['"]/gm;

/** Paths of the modules that a file imports from this repository. */
function importsOf(file) {
  return [...readFileSync(file, 'utf8').matchAll(IMPORT)].map(([, specifier]) => resolve(file, '..', specifier));
}

/** The test files in some folders that import a module, directly or through other files of `test`. Paths as they are given. */
export function filesThatImport(module, folders) {
  const importers = new Map();
  for (const name of readdirSync('test', { recursive: true })) {
    if (!name.endsWith('.ts')) continue;
    const file = join('test', name);
    for (const imported of importsOf(file)) importers.set(imported, [...(importers.get(imported) ?? []), file]);
  }
  const found = new Set();
  const waiting = [module];
  for (const file of waiting) {
    for (const importer of importers.get(resolve(file)) ?? []) {
      if (found.has(importer)) continue;
      found.add(importer);
      waiting.push(importer);
    }
  }
  return [...found].filter(
    (file) => file.endsWith('.test.ts') && folders.some((folder) => file.startsWith(join(folder, '/'))),
  );
}
