/** One thing that a reader of a page does: writes a file, replaces a section of one, or runs a command. */
export type PageStep =
  | { readonly kind: 'file'; readonly path: string; readonly text: string }
  | { readonly kind: 'section'; readonly path: string; readonly section: string; readonly text: string }
  | { readonly kind: 'command'; readonly line: string };

/**
 * The steps of a page, in order: blocks whose first line names a file (` ```yaml /etc/stowage/config.yml `) or a section of one
 * (` ```yaml /etc/stowage/config.yml#auth `), and the commands of blocks of `sh`. Lines that end with a backslash are joined, comments left out.
 */
export function stepsOf(page: string): PageStep[] {
  const blocks = page.matchAll(/^```(\w+)(?: (\S+))?\n(.*?)^```$/gms);
  return Array.from(blocks, ([, language = '', path, text = '']): PageStep[] => {
    const [file, section] = path?.split('#') ?? [];
    if (file !== undefined && section !== undefined) return [{ kind: 'section', path: file, section, text }];
    if (file !== undefined) return [{ kind: 'file', path: file, text }];
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
