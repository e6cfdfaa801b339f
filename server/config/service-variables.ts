import { isIP } from 'node:net';
import type { Environment } from './environment.ts';

/** Variables that Kubernetes and old Docker links set for services whose names begin with `registry`. */
const FORMS: ReadonlyArray<readonly [name: RegExp, isValue: (value: string) => boolean]> = [
  [/_SERVICE_HOST$/, (value) => isIP(value) !== 0],
  [/_SERVICE_PORT(?:_[A-Z0-9_]+)?$/, (value) => /^\d{1,5}$/.test(value)],
  [/_PORT$/, (value) => /^(?:tcp|udp|sctp):\/\//i.test(value)],
  [/_PORT_\d{1,5}_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?$/, () => true],
];

/** Names that an operator may choose freely. */
const FREE = 'REGISTRY_LOG_FIELDS_';

/** Whether a variable comes from the place where the registry runs and not from its operator: `REGISTRY_AUTH_PORT=tcp://…`. */
export function isServiceVariable(name: string, environment: Environment): boolean {
  if (name.startsWith(FREE)) return false;
  const value = environment[name] ?? '';
  return FORMS.some(([form, isValue]) => form.test(name) && isValue(value));
}
