import { personalTokens } from './servers.ts';
import { testClientsWith } from './test-clients.ts';

testClientsWith(personalTokens);
