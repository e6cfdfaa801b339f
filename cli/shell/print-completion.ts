import type { Program } from '../command.ts';
import type { Shell } from '../shells.ts';
import { bashCompletion } from './bash-completion.ts';
import { fishCompletion } from './fish-completion.ts';
import { zshCompletion } from './zsh-completion.ts';

/** `stowage completion`: prints what makes a shell complete the commands. */
export interface CompletionRequest {
  readonly kind: 'completion';
  readonly shell: Shell;
}

const SCRIPTS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion };

/** Prints the completion of a shell. */
export function run({ shell }: CompletionRequest, { print, commands }: Program): Promise<void> {
  print(SCRIPTS[shell](commands));
  return Promise.resolve();
}
