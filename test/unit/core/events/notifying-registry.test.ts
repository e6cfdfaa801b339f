import test from 'ava';
import { NotifyingRegistry } from '../../../../core/events/notifying-registry.ts';
import { parseReference, parseRepositoryName } from '../../../../core/model/reference.ts';
import type { RegistryEvent } from '../../../../core/ports/event-sink.ts';
import { artifact } from '../../../helpers/content/artifacts.ts';
import { memoryRegistry } from '../../../helpers/core/memory-registry.ts';

const name = parseRepositoryName('app');

test('an event without a request is reported without user, method and request', async (t) => {
  const events: RegistryEvent[] = [];
  const registry = new NotifyingRegistry(memoryRegistry(), { publish: (event) => void events.push(event) });
  const { body, type, digest } = artifact();
  const bytes = Buffer.from(body);
  await registry.manifests.put(name, parseReference('v1'), { bytes, contentType: type });
  t.deepEqual(
    events.map(({ action, tag, digest: told, user, method, requestId }) => ({
      action,
      tag,
      told,
      user,
      method,
      requestId,
    })),
    [{ action: 'push', tag: 'v1', told: digest, user: undefined, method: undefined, requestId: undefined }] as never,
  );
});

test('a failed call is not reported', async (t) => {
  const events: RegistryEvent[] = [];
  const registry = new NotifyingRegistry(memoryRegistry(), { publish: (event) => void events.push(event) });
  await t.throwsAsync(registry.manifests.get(name, parseReference('none')), { message: /MANIFEST_UNKNOWN/ });
  await t.throwsAsync(registry.manifests.delete(name, parseReference('none')), { message: /MANIFEST_UNKNOWN/ });
  t.deepEqual(events, []);
});
