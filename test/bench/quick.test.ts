import { execFileSync } from 'node:child_process';
import test from 'ava';
import { startNode } from '../helpers/run-process.ts';

const testWithWrk = hasWrk() ? test : test.skip;

testWithWrk('a quick run of the benchmark measures every kind of load, and writes nothing', async (t) => {
  const only = 'base,blob-head,blob-large-4,push-monolithic,push-chunked,push-small,referrers';
  const { code, stdout, stderr } = await startNode(['dist/bench/main.js', '--quick', '--only', only]).finished;
  t.is(code, 0, stderr);
  for (const title of ['GET /v2/', 'HEAD blob', 'GET blob of 64 MiB, 4', 'Push 200 blobs', 'Referrers']) {
    t.regex(stdout, new RegExp(`^\\| ${title}.*\\| +[\\dn]`, 'm'));
  }
});

function hasWrk(): boolean {
  try {
    execFileSync('which', ['wrk']);
    return true;
  } catch {
    return false;
  }
}
