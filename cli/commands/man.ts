import { defineCommand } from '../command.ts';
import type { ManRequest } from '../shell/print-man-page.ts';

export const man = defineCommand({
  name: 'man',
  group: 'shell',
  summary: 'print the manual of all commands as a man page',
  arguments: {},
  options: {},
  examples: [['man | man -l -', 'read it']],
  parse: (): ManRequest => ({ kind: 'man' }),
  load: () => import('../shell/print-man-page.ts'),
});
