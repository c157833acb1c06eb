import { readConfig } from '../../src/config.ts';
import { podmanHere } from '../../src/sandbox/dialects.ts';
import { clientEnvironment } from '../../src/sandbox/engine-client.ts';
import { checkout } from '../fixtures/engine.ts';
import { engineContract } from './sandbox-engine.ts';

const { path: searchPath, podman } = readConfig(checkout).environment;
const environment = clientEnvironment({ searchPath, dockerHost: undefined, podman });
await engineContract({
  engine: 'podman',
  dialect: podmanHere(),
  environment,
  dead: { ...environment, CONTAINER_HOST: 'unix:///nonexistent/podman.sock' },
});
