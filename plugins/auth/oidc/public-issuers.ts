/**
 * Issuers that give tokens with any audience to everybody who has an account there, with a claim that says to whom. Without
 * a required claim, a registry would let all of them in.
 */
export const PUBLIC_ISSUERS: ReadonlyMap<string, string> = new Map([
  ['https://token.actions.githubusercontent.com', 'repository_owner: example'],
  ['https://gitlab.com', 'namespace_path: example'],
  ['https://accounts.google.com', 'hd: example.com'],
  ['https://agent.buildkite.com', 'organization_slug: example'],
  ['https://app.terraform.io', 'terraform_organization_name: example'],
]);
