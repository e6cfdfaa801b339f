import { sizeThreadPool } from '../server/lifecycle/thread-pool.ts';
import { allWritten, outliveReaders } from './all-written.ts';
import { processStreams } from './process-streams.ts';
import { runProgram } from './run-program.ts';

sizeThreadPool(process.env);
outliveReaders(process.stdout, process.stderr);
process.exitCode = await runProgram(process.argv.slice(2), { env: process.env, ...processStreams() });
await allWritten(process.stdout, process.stderr);
// Neither handles that a plugin has left open nor the channel of a worker to its primary process may keep this alive.
process.exit();
