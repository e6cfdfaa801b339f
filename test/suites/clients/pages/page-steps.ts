/** One thing that a reader of a page does: writes a file, or runs a command. */
export type PageStep =
  | { readonly kind: 'file'; readonly path: string; readonly text: string }
  | { readonly kind: 'command'; readonly line: string };

/**
 * The steps of a page, in order: blocks whose first line names a file (` ```yaml /etc/stowage/config.yml `), and the
 * commands of blocks of `sh`. Lines that end with a backslash are joined, comments left out.
 */
export function stepsOf(page: string): PageStep[] {
  const blocks = page.matchAll(/^```(\w+)(?: (\S+))?\n(.*?)^```$/gms);
  return Array.from(blocks, ([, language = '', path, text = '']): PageStep[] => {
    if (path !== undefined) return [{ kind: 'file', path, text }];
    return language === 'sh' ? commandsOf(text) : [];
  }).flat();
}

function commandsOf(text: string): PageStep[] {
  return text
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .map((line) => line.replace(/(?:^|\s+)#\s.*$/, ''))
    .filter((line) => line !== '')
    .map((line) => ({ kind: 'command', line }));
}
