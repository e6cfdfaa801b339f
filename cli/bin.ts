#!/usr/bin/env node
// Old versions of Node read this file, and only this one, so it is limited to the syntax of Node 12; a test checks that.
import { readFileSync } from 'node:fs';

/** The oldest Node that Stowage runs on; `engines` in package.json says the same. */
const MIN_MAJOR = 24;
const MIN_MINOR = 12;

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major > MIN_MAJOR || (major === MIN_MAJOR && minor >= MIN_MINOR)) {
  void start();
} else {
  explain(process.argv.slice(2));
}

async function start(): Promise<void> {
  const { keepCompiledCode } = await import('./compiled-code.ts');
  // The folder goes with the bundle when another one is made.
  keepCompiledCode(`${import.meta.dirname}/.compiled`, process.env);
  await import('./main.ts');
}

/** Prints the help or the version on request, and always says which Node is needed. */
function explain(args: readonly string[]): void {
  const isHelp = args[0] === 'help' || args.includes('--help') || args.includes('-h');
  const isVersion = args.includes('--version') || args.includes('-v');
  if (isHelp) process.stdout.write(helpFor(args));
  else if (isVersion) process.stdout.write(`${(readJson('../../package.json') as { version: string }).version}\n`);
  else process.exitCode = 1;
  process.stderr.write(
    `stowage: needs Node ${MIN_MAJOR}.${MIN_MINOR} or newer, and this is ${process.version}; ` +
      'get one from https://nodejs.org, or run "npm install node@24" beside Stowage and start it by npx\n',
  );
}

/** The help of the command in the arguments, or else of the program; the bundle has all texts beside this file. */
function helpFor(args: readonly string[]): string {
  const texts = readJson('help.json') as Readonly<Record<string, string>>;
  const words = args.filter((word) => word !== 'help' && word.charAt(0) !== '-');
  return texts[words.slice(0, 2).join(' ')] || texts[String(words[0])] || String(texts['']);
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8'));
}
