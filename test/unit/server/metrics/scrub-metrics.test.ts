import test from 'ava';
import { exposition } from '../../../../server/metrics/exposition.ts';
import { ScrubMetrics } from '../../../../server/metrics/scrub-metrics.ts';

test('nothing is shown before a scrub', (t) => {
  t.is(exposition(new ScrubMetrics().families()), '');
});

test('what was read and found is counted, by code and by what was done', (t) => {
  const metrics = new ScrubMetrics();
  metrics.onBytes(1000);
  metrics.onBytes(24);
  metrics.onBlob();
  for (const action of ['quarantined', 'quarantined', 'repaired'] as const)
    metrics.onFinding({ code: 'content-damaged', action });
  metrics.onFinding({ code: 'folder-empty', action: 'removed' });
  const lines = exposition(metrics.families())
    .split('\n')
    .filter((line) => !line.startsWith('#'));
  t.deepEqual(lines, [
    'registry_scrub_blobs_total 1',
    'registry_scrub_bytes_total 1024',
    'registry_scrub_findings_total{code="content-damaged",action="quarantined"} 2',
    'registry_scrub_findings_total{code="content-damaged",action="repaired"} 1',
    'registry_scrub_findings_total{code="folder-empty",action="removed"} 1',
    '',
  ]);
});
