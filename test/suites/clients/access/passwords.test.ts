import { embeddedTokens, htpasswd } from './servers.ts';
import { testClientsWith } from './test-clients.ts';

testClientsWith(htpasswd);
testClientsWith(embeddedTokens);
