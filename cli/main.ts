import { sizeThreadPool } from '../server/lifecycle/thread-pool.ts';
import { allWritten, outliveReaders } from './all-written.ts';
import { runProgram } from './run-program.ts';

sizeThreadPool(process.env);
outliveReaders(process.stdout, process.stderr);
process.exitCode = await runProgram(process.argv.slice(2), {
  env: process.env,
  print: (text) => void process.stdout.write(text),
  complain: (line) => void process.stderr.write(`${line}\n`),
});
await allWritten(process.stdout, process.stderr);
// Neither handles that a plugin has left open nor the channel of a worker to its primary process may keep this alive.
process.exit();
