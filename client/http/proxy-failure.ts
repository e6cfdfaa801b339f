/** A request could not be sent through a proxy. The message names the proxy, without its credentials. */
export class ProxyFailure extends Error {
  override readonly name = 'ProxyFailure';

  constructor(proxy: URL, cause: Error) {
    super(`the proxy ${proxy.protocol}//${proxy.host} ${explanationOf(cause)}`, { cause });
  }
}

/** Whether an error comes from a proxy and not from the host behind it. */
export function isOfProxy(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  return (
    /^(?:UND_ERR_PRX_|UND_ERR_CONNECT_TIMEOUT|ETIMEDOUT|ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)/.test(
      code,
    ) || isRefusal(error)
  );
}

function isRefusal({ message }: Error): boolean {
  return /^Proxy response/.test(message);
}

function explanationOf(error: Error): string {
  const [, status] = /^Proxy response \((\d+)\)/.exec(error.message) ?? [];
  if (status === '407') return 'requires credentials (407)';
  if (status !== undefined) return `refused to connect (${status})`;
  if ('code' in error && error.code === 'UND_ERR_PRX_CONN') return 'closed the connection';
  return `cannot be reached (${'code' in error ? String(error.code) : error.message})`;
}
