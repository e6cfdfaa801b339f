import test from 'ava';
import { digestOf } from '../../../core/digest/digest.ts';
import { parseManifest } from '../../../core/manifests/manifest.ts';
import { RegistryError } from '../../../core/model/errors.ts';

/** The limit for the largest manifest, in processor time; a parser alone took up to five times as much. */
const LIMIT_MS = 100;
/** The fastest of so many attempts counts, so that garbage collection is not taken for the parser's work. */
const ATTEMPTS = 20;
const MAX_BYTES = 4 * 1024 * 1024;

const CONFIG = JSON.stringify({ digest: digestOf(Buffer.of()), size: 0 });
const HEAD = `{"schemaVersion":2,"config":${CONFIG},`;
const hex = (index: number): string => index.toString(16).padStart(64, '0');
const many = (count: number, item: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => item(index)).join(',');
/** A manifest of the largest size, with equal layers. */
const layersOf = (item: string): string =>
  `${HEAD}"layers":[${many(Math.floor((MAX_BYTES - 500) / (item.length + 1)), () => item)}]}`;
const annotated = (count: number, key: (index: number) => string): string =>
  `${HEAD}"layers":[],"annotations":{${many(count, (index) => `"${key(index)}":""`)}}}`;

const documents: Readonly<Record<string, string>> = {
  'a million empty objects': layersOf('{}'),
  'two million zeros': layersOf('0'),
  'empty texts': layersOf('""'),
  'empty lists': layersOf('[]'),
  'four million brackets': '['.repeat(MAX_BYTES),
  'four million braces': '{"a":'.repeat(MAX_BYTES / 5),
  'nesting as deep as is read': `${HEAD}"x":${'['.repeat(9_999)}${']'.repeat(9_999)},"layers":[]}`,
  'as many descriptors as are read': `${HEAD}"layers":[${many(26_600, (index) => `{"digest":"sha256:${hex(index)}","size":1}`)}]}`,
  'as many keys as are read': annotated(79_990, (index) => `${'k'.repeat(40)}${index}`),
  'as many short keys as are read': annotated(79_990, (index) => index.toString(36)),
  'as many keys that are numbers': annotated(79_990, (index) => String(index * 7919)),
  'as many fields as are read': `${HEAD}"layers":[],${many(79_990, (index) => `"x${index}":0`)}}`,
  'as many wrong layers as are read': `${HEAD}"layers":[${many(79_990, () => '0')}]}`,
  'as many odd numbers as are read': `${HEAD}"layers":[],"x":[${many(79_990, () => '1.5e-7')}]}`,
  'keys without number': annotated(400_000, (index) => index.toString(36)),
  'one text': `${HEAD}"layers":[],"x":"${'x'.repeat(MAX_BYTES - 500)}"}`,
  'one text of escapes': `${HEAD}"layers":[],"x":"${'\\u0041'.repeat(MAX_BYTES / 6 - 100)}"}`,
  'one number': `${HEAD}"layers":[],"x":${'1'.repeat(MAX_BYTES - 500)}}`,
  'one number with a fraction': `${HEAD}"layers":[],"x":1.${'1'.repeat(MAX_BYTES - 500)}}`,
  'one text without end': `${HEAD}"x":"${'\\'.repeat(MAX_BYTES - 500)}`,
  'blanks alone': `${HEAD}${' '.repeat(MAX_BYTES - 500)}"layers":[]}`,
  'data of one layer': `${HEAD}"layers":[{"digest":"sha256:${hex(0)}","size":3000000,"data":"${'A'.repeat(4_000_000)}"}]}`,
};

for (const [what, text] of Object.entries(documents)) {
  test.serial(`a manifest of ${what} is read or refused in less than ${LIMIT_MS} ms`, (t) => {
    const bytes = Buffer.from(text);
    t.true(bytes.length <= MAX_BYTES, `${bytes.length} bytes`);
    let fastest = Number.POSITIVE_INFINITY;
    for (let attempt = 0; attempt < ATTEMPTS && fastest > LIMIT_MS; attempt += 1) {
      fastest = Math.min(fastest, processorMs(bytes));
    }
    t.log(`${fastest.toFixed(1)} ms`);
    t.true(fastest < LIMIT_MS, `${fastest} ms`);
  });
}

function processorMs(bytes: Buffer): number {
  const begun = process.threadCpuUsage();
  try {
    parseManifest(bytes, undefined);
  } catch (error) {
    if (!RegistryError.is(error)) throw error;
  }
  const { user, system } = process.threadCpuUsage(begun);
  return (user + system) / 1000;
}
