import type { ExecutionContext } from 'ava';
import { FaultyProxy } from '../../helpers/http/faulty-proxy.ts';
import { emulatorUrl } from './emulator.ts';
import { SessionLedger } from './session-ledger.ts';

/**
 * Stands before the emulator. It takes parts of an upload without looking at their offsets; what Cloud Storage documents
 * there, a {@link SessionLedger} adds.
 */
export async function startProxy(t: ExecutionContext): Promise<FaultyProxy> {
  const ledger = new SessionLedger();
  return FaultyProxy.start(t, await emulatorUrl(), (request, forward, keepBytes) =>
    ledger.pass(request, forward, keepBytes),
  );
}
