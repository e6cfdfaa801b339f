/** What a configuration can be written for; several go together, but `local` stands alone. */
export const SCENARIOS = ['local', 'tls', 'htpasswd', 'cluster'] as const;
export type Scenario = (typeof SCENARIOS)[number];
