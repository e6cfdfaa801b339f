import { certificatesAndPasswords, clientCertificates, privateAuthority } from './servers.ts';
import { testClientsWith } from './test-clients.ts';

testClientsWith(privateAuthority);
testClientsWith(clientCertificates);
testClientsWith(certificatesAndPasswords);
