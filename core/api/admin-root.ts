/** The prefix of the paths of the admin API, without `http.prefix`. */
export const ADMIN_ROOT = '/v2/_ext/admin';
