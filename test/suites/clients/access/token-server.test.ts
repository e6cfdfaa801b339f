import { refreshingTokenServer, tokenServer } from './servers.ts';
import { testClientsWith } from './test-clients.ts';

testClientsWith(tokenServer);
testClientsWith(refreshingTokenServer);
