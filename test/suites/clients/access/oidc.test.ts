import { oidcProvider } from './servers.ts';
import { testClientsWith } from './test-clients.ts';

testClientsWith(oidcProvider);
