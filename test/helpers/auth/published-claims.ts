/** The claims of a job, as the documentation of GitHub Actions publishes them ("OpenID Connect reference"). */
export const GITHUB_JOB = {
  sub: 'repo:octo-org/octo-repo:environment:prod',
  environment: 'prod',
  ref: 'refs/heads/main',
  sha: 'example-sha',
  repository: 'octo-org/octo-repo',
  repository_owner: 'octo-org',
  actor_id: '12',
  repository_visibility: 'private',
  repository_id: '74',
  repository_owner_id: '65',
  run_id: 'example-run-id',
  run_number: '10',
  run_attempt: '2',
  runner_environment: 'github-hosted',
  actor: 'octocat',
  workflow: 'example-workflow',
  head_ref: '',
  base_ref: '',
  event_name: 'workflow_dispatch',
  ref_type: 'branch',
  job_workflow_ref: 'octo-org/octo-automation/.github/workflows/oidc.yml@refs/heads/main',
} as const;

/** The claims of a job, as the documentation of GitLab publishes them ("OpenID Connect (OIDC) Authentication Using ID Tokens"). */
export const GITLAB_JOB = {
  namespace_id: '72',
  namespace_path: 'my-group',
  project_id: '20',
  project_path: 'my-group/my-project',
  user_id: '1',
  user_login: 'sample-user',
  user_email: 'sample-user@example.com',
  user_identities: [{ provider: 'github', extern_uid: '2435223452345' }],
  pipeline_id: '574',
  pipeline_source: 'push',
  job_id: '302',
  ref: 'feature-branch-1',
  ref_type: 'branch',
  ref_path: 'refs/heads/feature-branch-1',
  ref_protected: 'false',
  groups_direct: ['mygroup/mysubgroup', 'myothergroup/myothersubgroup'],
  environment: 'test-environment2',
  environment_protected: 'false',
  deployment_tier: 'testing',
  runner_id: 1,
  runner_environment: 'self-hosted',
  sha: '714a629c0b401fdce83e847fc9589983fc6f46bc',
  project_visibility: 'public',
  ci_config_ref_uri: 'gitlab.example.com/my-group/my-project//.gitlab-ci.yml@refs/heads/main',
  sub: 'project_path:my-group/my-project:ref_type:branch:ref:feature-branch-1',
} as const;

/** The claims of a service account, as the documentation of Kubernetes publishes them ("Managing Service Accounts"). */
export const KUBERNETES_POD = {
  'kubernetes.io': {
    namespace: 'my-namespace',
    node: { name: 'my-node', uid: '646e7c5e-32d6-4d42-9dbd-e504e6cbe6b1' },
    pod: { name: 'my-pod', uid: '5e0bd49b-f040-43b0-99b7-22765a53f7f3' },
    serviceaccount: { name: 'my-service-account', uid: '14ee3fa4-a7e2-420f-9f9a-dbc4507c3798' },
  },
  sub: 'system:serviceaccount:my-namespace:my-service-account',
} as const;

/** The claims of a person that Keycloak writes into an access token. */
export const KEYCLOAK_PERSON = {
  typ: 'Bearer',
  azp: 'registry',
  sub: '7a2c0f5e-4d7c-4b2e-9a07-3a9d6f0a8a11',
  realm_access: { roles: ['offline_access', 'developers'] },
  resource_access: { account: { roles: ['manage-account', 'view-profile'] } },
  scope: 'openid email profile',
  email_verified: true,
  name: 'Ann Example',
  preferred_username: 'ann',
  email: 'ann@example.com',
} as const;
