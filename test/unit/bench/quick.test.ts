import { startNode } from '../../helpers/processes/run-process.ts';
import { atLength } from '../../helpers/running/length.ts';
import { missingPackages, testsThatNeed } from '../../helpers/running/tests-that-need.ts';

const test = testsThatNeed(missingPackages({ wrk: 'wrk' }), { describe: (count) => `${count} tests of the benchmark` });

test('a quick run of the benchmark measures every kind of load, and names who was missing', async (t) => {
  const { only, contenders, titles } = atLength({
    full: {
      only: 'base,blob-head,blob-large-4,push,image,tags,referrers,start,memory,slow-downloads',
      contenders: '',
      titles: [
        'GET /v2/',
        'HEAD blob',
        'GET blob of 64 MiB, 4',
        'Push 200 blobs',
        'Push images with PATCH',
        'Set tags',
        'All 2 000 tags',
        '500 referrers',
        'Start to first answer',
        'Memory, idle',
        '500 slow downloads',
      ],
    },
    short: {
      only: 'base,image-1,tags-set,tags-few,start,memory',
      contenders: 'stowage-1',
      titles: ['GET /v2/', 'Push images, 1 client', 'Set tags', 'Page of 100 of 1 000 tags', 'Start', 'Memory, idle'],
    },
  });
  const options = ['--quick', '--only', only, '--contenders', contenders];
  const { code, stdout, stderr } = await startNode(['dist/bench/main.js', ...options]).finished;
  t.is(code, 0, stderr);
  for (const title of titles) {
    t.regex(stdout, new RegExp(`^\\| ${title}.*\\| +[\\dn]`, 'm'));
  }
  if (contenders !== '') t.regex(stdout, /^Missing: distribution \(left out by --contenders\)$/m);
});
