import test from 'ava';
import { DelegationKeys } from '../../../../drivers/azure/delegation-keys.ts';
import { ScriptedServer } from '../../../helpers/client/scripted-server.ts';
import { serviceAt } from './stub-service.ts';

const HOUR_MS = 3_600_000;
const KEY = `<UserDelegationKey><SignedOid>user</SignedOid><SignedTid>tenant</SignedTid>
<SignedStart>2026-11-30T12:00:00Z</SignedStart><SignedExpiry>2026-12-02T12:00:00Z</SignedExpiry>
<SignedService>b</SignedService><SignedVersion>2025-01-05</SignedVersion><Value>a2V5</Value></UserDelegationKey>`;

test('a key that cannot be replaced signs until it ends', async (t) => {
  let status = 200;
  let nowMs = Date.UTC(2026, 10, 30, 12);
  const begunMs = nowMs;
  const server = await ScriptedServer.start(t, (_, response) => response.writeHead(status).end(KEY));
  const keys = new DelegationKeys(serviceAt(t, server.address), () => nowMs);
  t.is((await keys.key()).objectId, 'user');
  status = 403;
  nowMs = begunMs + 47.5 * HOUR_MS;
  t.is((await keys.key()).objectId, 'user');
  nowMs = begunMs + 48 * HOUR_MS;
  await t.throwsAsync(keys.key(), { message: /403/ });
});
