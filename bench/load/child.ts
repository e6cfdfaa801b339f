import { download } from './download.ts';
import { headLoad } from './head.ts';
import { pushImages } from './images.ts';
import type { Job } from './job.ts';
import type { LoadResult } from './load-result.ts';
import { push } from './push.ts';
import { setTags } from './set-tags.ts';
import { slowDownloads } from './slow.ts';

/** A load generator in a separate process: it takes a job as its argument and writes the result to standard output. */
function work(job: Job): Promise<LoadResult> {
  switch (job.kind) {
    case 'head':
      return headLoad(job);
    case 'download':
      return download(job);
    case 'push':
      return push(job);
    case 'images':
      return pushImages(job);
    case 'set-tags':
      return setTags(job);
    case 'slow':
      return slowDownloads(job);
  }
}

const job = JSON.parse(process.argv[2] ?? '') as Job;
process.stdout.write(JSON.stringify(await work(job)));
process.exit(0);
