/** The messages of a log in JSON lines; other lines stay as they are. */
export function logText(text: string): string {
  return text.replaceAll(/^\{.*\}$/gm, (line) => String((JSON.parse(line) as { readonly msg?: unknown }).msg));
}
