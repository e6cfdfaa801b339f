/** Whether the text of an answer to plain HTTP says that the host requires TLS, as Go and nginx do. */
export function saysWantsTls(text: string): boolean {
  return /\bHTTPS (?:server|port)\b/.test(text);
}
