// Copies the image `latest` between a layout and a repository of a registry, in a process that a test can kill. Writes
// a line `moved <bytes>` after each step, and at the end its result as JSON.
import { copy, FolderUploadRecords, LayoutStore, RegistryStore, RemoteRegistry } from '../../../client/index.ts';
import { parseRepositoryName } from '../../../core/model/reference.ts';
import { tagged } from './images.ts';

const [, , direction = '', address = '', repository = '', folder = '', records = ''] = process.argv;
const { host } = new URL(address);
await using registry = RemoteRegistry.open({ host, scheme: 'http' });
const remote = new RegistryStore(
  { registry, records: new FolderUploadRecords(records) },
  { host, repository: parseRepositoryName(repository) },
);
const layout = new LayoutStore(folder);
const [source, target] = direction === 'push' ? [layout, remote] : [remote, layout];
const run = copy(source, target, { images: [{ from: tagged('latest') }] });
const progress = new Map<string, number>();
const kept = new Map<string, number>();
for await (const event of run) {
  if (event.type === 'blob-resumed') kept.set(event.blob.digest, event.offset);
  if (event.type === 'blob-done' && event.how === 'exists') kept.set(event.blob.digest, event.blob.size);
  if (event.type !== 'blob-progress') continue;
  progress.set(event.blob.digest, event.bytes);
  process.stdout.write(`moved ${sumOf(progress)}\n`);
}
const { bytes } = await run.result;
process.stdout.write(`\n${JSON.stringify({ moved: bytes, kept: sumOf(kept) })}\n`);

function sumOf(numbers: ReadonlyMap<string, number>): number {
  return [...numbers.values()].reduce((sum, number) => sum + number, 0);
}
