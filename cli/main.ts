import { sizeThreadPool } from '../server/lifecycle/thread-pool.ts';
import { allWritten, outliveReaders } from './all-written.ts';
import { processStreams } from './process-streams.ts';
import { runProgram } from './run-program.ts';

sizeThreadPool(process.env);
outliveReaders(process.stdout, process.stderr);
process.exitCode = await runProgram(process.argv.slice(2), { env: process.env, ...processStreams() });
await allWritten(process.stdout, process.stderr);
// Handles that a plugin left open, or the channel of a worker to its primary process, must not keep this process alive.
process.exit();
