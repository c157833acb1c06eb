import { readConfig } from '../../src/config.ts';
import { docker } from '../../src/sandbox/dialects.ts';
import { clientEnvironment } from '../../src/sandbox/engine-client.ts';
import { checkout } from '../fixtures/engine.ts';
import { engineContract } from './sandbox-engine.ts';

const { path: searchPath, dockerHost } = readConfig(checkout).environment;
const environment = clientEnvironment({ searchPath, dockerHost });
await engineContract({
  engine: 'docker',
  dialect: docker,
  environment,
  dead: { ...environment, DOCKER_HOST: 'unix:///nonexistent/docker.sock' },
});
