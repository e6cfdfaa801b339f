import { defineCommand } from '../command.ts';
import type { CompletionRequest } from '../shell/print-completion.ts';
import { SHELLS } from '../shells.ts';
import { UsageError } from '../usage-error.ts';

export const completion = defineCommand({
  name: 'completion',
  group: 'shell',
  summary: 'print a completion script for a shell',
  arguments: { shell: { description: SHELLS.join(', '), completes: SHELLS } },
  options: {},
  examples: [
    ['completion bash > /etc/bash_completion.d/stowage', 'for all users of bash'],
    ['completion zsh > "${fpath[1]}/_stowage"', 'for zsh'],
    ['completion fish > ~/.config/fish/completions/stowage.fish', 'for fish'],
  ],
  parse: ({ args }): CompletionRequest => {
    const shell = SHELLS.find((each) => each === args.shell);
    if (shell === undefined) throw new UsageError(`the shell must be one of ${SHELLS.join(', ')}`);
    return { kind: 'completion', shell };
  },
  load: () => import('../shell/print-completion.ts'),
});
