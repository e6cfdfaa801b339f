import { join } from 'node:path';
import test from 'ava';
import { loadDriver } from '../../../../plugins/loading/load-driver.ts';
import { PluginLoadError } from '../../../../plugins/loading/plugin-load-error.ts';
import { driverSource, folderWith } from './fixture-folder.ts';

interface BrokenPlugin {
  readonly files: Readonly<Record<string, string>>;
  /** Its first file unless given. */
  readonly spec?: string;
  /** The file, the line and the column that must be named, and what is there. */
  readonly at: readonly [position: string, text: string] | undefined;
}

const THROWS = `function tear() {\n  throw new Error('the tape is torn');\n}\n`;

const BROKEN: Readonly<Record<string, BrokenPlugin>> = {
  'throws while it is imported': {
    files: { 'tape.mjs': `${THROWS}export const reels = tear();\n` },
    at: ['tape.mjs:2:9', `throw new Error('the tape is torn');`],
  },
  'imports a file of its own that throws': {
    files: { 'tape.mjs': `import './reels/motor.mjs';\n`, 'reels/motor.mjs': `${THROWS}tear();\n` },
    at: ['reels/motor.mjs:2:9', `throw new Error('the tape is torn');`],
  },
  'calls a package that throws': {
    files: {
      'tape.mjs': `import { tear } from 'motor';\n\nconst reels = tear();\n`,
      'node_modules/motor/package.json': '{"type":"module","exports":"./motor.js"}',
      'node_modules/motor/motor.js': `export ${THROWS}`,
    },
    at: ['tape.mjs:3:15', 'const reels = tear();'],
  },
  'is a package whose own file throws': {
    files: {
      'node_modules/stowage-driver-tape/package.json': '{"type":"module","exports":"./entry.js"}',
      'node_modules/stowage-driver-tape/entry.js': `${THROWS}tear();\n`,
    },
    spec: 'tape',
    at: ['node_modules/stowage-driver-tape/entry.js:2:9', `throw new Error('the tape is torn');`],
  },
  'is a CommonJS file that throws': {
    files: { 'tape.cjs': `${THROWS}tear();\n` },
    at: ['tape.cjs:2:9', `throw new Error('the tape is torn');`],
  },
  'has a syntax error': {
    files: { 'tape.mjs': `export const reels = 2;\nconst motor = ;\n` },
    at: ['tape.mjs:2:15', 'const motor = ;'],
  },
  'imports a file with a syntax error': {
    files: { 'tape.mjs': `import './reels.mjs';\nimport './motor.mjs';\n`, 'reels.mjs': '', 'motor.mjs': `let = 5;\n` },
    at: ['motor.mjs:1:1', 'let = 5;'],
  },
  'is a CommonJS file with a syntax error': {
    files: { 'tape.cjs': `const motor = ;\n` },
    at: ['tape.cjs:1:15', 'const motor = ;'],
  },
  'is TypeScript with a syntax error': {
    files: { 'tape.mts': `const motor: number = ;\n` },
    at: ['tape.mts:1:23', 'const motor: number = ;'],
  },
  'imports a name that a file does not export': {
    files: { 'tape.mjs': `import { motor } from './motor.mjs';\n`, 'motor.mjs': '' },
    at: ['tape.mjs:1:10', `import { motor } from './motor.mjs';`],
  },
  'imports a package that is not installed': {
    files: { 'tape.mjs': `\nimport { motor } from 'left-out/motor.js';\n` },
    at: ['tape.mjs:2:23', `import { motor } from 'left-out/motor.js';`],
  },
  'requires a package that is not installed': {
    files: { 'tape.cjs': `\nconst motor = require("@me/left-out");\n` },
    at: ['tape.cjs:2:23', `const motor = require("@me/left-out");`],
  },
  'imports a file that is not there': {
    files: { 'tape.mjs': `import './reels/left-out.mjs';\n` },
    at: ['tape.mjs:1:8', `import './reels/left-out.mjs';`],
  },
  'has a mistake in create()': {
    files: { 'tape.mjs': `export default ${driverSource('tape', 'create: async () => undefined.folder,')};\n` },
    at: ['tape.mjs:20:35', 'create: async () => undefined.folder,'],
  },
  'cannot reach its backend': {
    files: {
      'tape.mjs': `export default ${driverSource('tape', `create: () => { throw new TypeError('fetch failed', { cause: new Error('refused') }); },`)};\n`,
    },
    at: undefined,
  },
  'refuses to be created': {
    files: {
      'tape.mjs': `export default ${driverSource('tape', `create: () => { throw new Error('no tape'); },`)};\n`,
    },
    at: undefined,
  },
};

for (const [what, { files, spec = `./${Object.keys(files)[0]}`, at }] of Object.entries(BROKEN)) {
  test(`a plugin that ${what} is reported with ${at === undefined ? 'no line' : 'the line of its own'}`, async (t) => {
    const folder = await folderWith(t, files);
    const place = { at: 'storage.tape', baseFolder: folder, warn: () => {} };
    const { message } = await t.throwsAsync(loadDriver(spec, {}, place), { instanceOf: PluginLoadError });
    if (at === undefined) t.notRegex(message, /\n {2}at: /);
    else t.true(message.includes(`\n  at: ${join(folder, at[0])}\n    ${at[1]}\n`), message);
  });
}
