/**
 * The command that installs a package into `folder`, or without a package what the folder's own package needs. It works in
 * an empty folder as well, and never installs into a folder above.
 */
export function installCommand(folder: string, packageName?: string): string {
  return `npm install --prefix ${shellWord(folder)}${packageName === undefined ? '' : ` ${packageName}`}`;
}

/** `text` as one word of a shell. */
export function shellWord(text: string): string {
  return /^[\w%+,./:=@~-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
