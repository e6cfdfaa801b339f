import { defineCommand } from '../command.ts';
import type { LogoutRequest } from '../login/log-out.ts';
import { CONNECTION } from './shared-options.ts';

export const logout = defineCommand({
  name: 'logout',
  group: 'access',
  summary: 'remove the credentials of a registry',
  arguments: { registry: { description: '<host>', completes: 'none' } },
  options: { authfile: CONNECTION.authfile },
  parse: ({ args: { registry }, values: { authfile: authFile } }): LogoutRequest => ({
    kind: 'logout',
    registry,
    authFile,
  }),
  load: () => import('../login/log-out.ts'),
});
