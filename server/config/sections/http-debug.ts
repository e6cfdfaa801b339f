import type { Finding } from '../engine/problem.ts';
import { address, flag } from '../engine/scalars.ts';
import { BadValue, group, quote, type Schema, scalar, setting } from '../engine/schema.ts';
import { type ConfigNode, nodeAt, ScalarNode, textAt } from '../engine/tree.ts';

/** Where the debug server answers with the state of the health checks. */
const HEALTH_PATH = '/debug/health';
const METRICS_PATH = '/metrics';

const metricsPath: Schema<string> = scalar('path', (node) => {
  if (node.text === HEALTH_PATH) {
    throw new BadValue(
      `must not be ${HEALTH_PATH}, where the checks of health are; choose one such as ${METRICS_PATH}`,
    );
  }
  if (node.text !== '' && !/^\/[A-Za-z0-9._~/-]*$/.test(node.text)) {
    throw new BadValue(`expected a path such as ${METRICS_PATH}`, quote(node.text));
  }
  return node.text || METRICS_PATH;
});

export const debug = group({
  addr: setting(address, {
    description: 'address of the debug server, which answers `/debug/health`; without it there is none',
  }),
  prometheus: group({
    enabled: setting(flag, {
      default: 'false',
      description: 'counts requests and storage calls, and serves them on the debug server',
    }),
    path: setting(metricsPath, {
      default: METRICS_PATH,
      description: 'path of the metrics on the debug server',
    }),
  }),
});

/** Warns of metrics without the server that shows them. */
export function idleMetrics(root: ConfigNode): Finding[] {
  const path = ['http', 'debug', 'prometheus', 'enabled'];
  const node = nodeAt(root, path);
  if (!(node instanceof ScalarNode) || node.value !== true || textAt(root, ['http', 'debug', 'addr'])) return [];
  return [{ path, message: 'has no effect: without http.debug.addr there is no server that shows metrics' }];
}
