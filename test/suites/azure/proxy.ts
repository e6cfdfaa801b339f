import type { ExecutionContext } from 'ava';
import { FaultyProxy } from '../../helpers/http/faulty-proxy.ts';
import { ACCOUNT, emulatorUrl } from './emulator.ts';

/** Stands before the emulator. @returns it, and the address of the account behind it */
export async function startProxy(t: ExecutionContext): Promise<{ readonly proxy: FaultyProxy; readonly url: string }> {
  const proxy = await FaultyProxy.start(t, await emulatorUrl());
  return { proxy, url: `${proxy.url}/${ACCOUNT.accountname}` };
}
