/** Lines as `htpasswd -Bbn` of Apache 2.4 writes them. */
export const ANN = {
  line: 'ann:$2y$04$4GoQ24J5fDRS5NHuiyYvAOGb71BJ69pc5aEgPkJ1pmIDZvl2f2SMC',
  password: 'correct horse',
};
export const BOB = { line: 'bob:$2y$04$NLjnoPcqExGgTzTVHY7ATu6LWjmzA58ztoCozQ8ZTJYGk2TmGNv.u', password: 'pässwörd' };
export const CYD = { line: 'cyd:$2y$04$72OSpBM6yEti/vNc4xAZ4uGb4qd9dA8k66hs3dV.bRohkNuKKKeTK', password: 'c:o:l:o:n' };
export const EVE = { line: 'eve:$2y$05$IAai3uul31tJfcJLIumoEuXQ7hqdEuE2YJtNBiNP1A8Zr8Ttu224a', password: 'swordfish' };

/** The header that a client sends. */
export function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`;
}
