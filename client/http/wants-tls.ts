/** Whether the text of an answer to plain HTTP says that the host wants TLS, as servers in Go and nginx say it. */
export function saysWantsTls(text: string): boolean {
  return /\bHTTPS (?:server|port)\b/.test(text);
}
