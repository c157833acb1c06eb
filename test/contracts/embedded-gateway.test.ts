import { EmbeddedGateway } from '../../src/gateway/embedded/gateway.ts';
import { createLog } from '../../src/lib/log.ts';
import { gatewayContract } from './gateway.ts';

gatewayContract('embedded gateway', ({ baseUrl, credential, log, idleMs }) => {
  return new EmbeddedGateway({
    upstream: { kind: 'anthropic', baseUrl, credential },
    log: createLog('debug', { write: log }),
    ...(idleMs === undefined ? {} : { idleMs }),
  });
});
