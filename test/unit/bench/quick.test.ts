import { startNode } from '../../helpers/processes/run-process.ts';
import { atLength } from '../../helpers/running/length.ts';
import { missingPackages, testsThatNeed } from '../../helpers/running/tests-that-need.ts';

const test = testsThatNeed(missingPackages({ wrk: 'wrk' }), { describe: (count) => `${count} tests of the benchmark` });

test('a quick run of the benchmark measures every kind of load, and writes nothing', async (t) => {
  const { only, titles } = atLength({
    full: {
      only: 'base,blob-head,blob-large-4,push-monolithic,push-chunked,push-small,referrers',
      titles: ['GET /v2/', 'HEAD blob', 'GET blob of 64 MiB, 4', 'Push 200 blobs', 'Referrers'],
    },
    short: { only: 'base,push-small', titles: ['GET /v2/', 'Push 200 blobs'] },
  });
  const { code, stdout, stderr } = await startNode(['dist/bench/main.js', '--quick', '--only', only]).finished;
  t.is(code, 0, stderr);
  for (const title of titles) {
    t.regex(stdout, new RegExp(`^\\| ${title}.*\\| +[\\dn]`, 'm'));
  }
});
