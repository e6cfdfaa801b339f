import { EVENT_SINK } from '../../core/ports/index.ts';
import { type KindContract, methods, missingMembers } from './kind-contract.ts';

/** Receives the events of the registry: see `EventSink`. */
export const eventSink: KindContract = {
  kind: 'event-sink',
  token: EVENT_SINK,
  tokenName: 'EVENT_SINK',
  noun: 'event sink',
  prefix: 'stowage-events-',
  allows: 'many',
  builtIn: {},
  problems: (port) => missingMembers('event sink', port, methods('handle')),
};
