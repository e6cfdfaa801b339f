const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/** Whether nobody on the network can change the answer of this URL: it is https, or on this machine. */
export function isConfidential({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.includes(hostname));
}
