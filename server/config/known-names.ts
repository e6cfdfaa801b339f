/** The drivers of distribution and ours, to recognise typing mistakes; any other name is that of a plugin. */
export const DRIVER_NAMES = [
  'filesystem',
  'inmemory',
  'memory',
  'gcs',
  's3',
  's3aws',
  'azure',
  'swift',
  'oss',
] as const;

/** The access controllers of distribution, for the same use. */
export const AUTH_NAMES = ['none', 'silly', 'htpasswd', 'token'] as const;
