import { apiReference } from './api-reference.ts';

const HEAD = `# Reference of stowage/client

This page is made from the documentation in \`client\` by \`npm run docs\`; change that. It has all that \`stowage/client\` exports;
[client.md](client.md) shows how to use it.
`;

/**
 * The reference of `stowage/client`, as Markdown.
 * @throws Error that lists what lacks documentation
 */
export async function clientReference(): Promise<string> {
  return apiReference({
    entryPoint: 'client/index.ts',
    name: 'stowage/client',
    head: HEAD,
    // The name of a property often says all of it.
    documented: ['Class', 'Interface', 'TypeAlias', 'Function', 'Variable', 'Method'],
  });
}
