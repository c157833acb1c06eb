import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Credential } from '../../src/gateway/embedded/credential.ts';
import type { DoorSpec, Gateway } from '../../src/gateway/gateway.ts';
import { Secret } from '../../src/lib/secret.ts';
import { recorder, SandboxClient, temporaryDirectory } from './gateway-client.ts';

export interface GatewaySetup {
  readonly baseUrl: string;
  readonly credential: Credential;
  /** Every log line goes here. */
  readonly log: (line: string) => void;
  readonly idleMs?: number;
}

export const secret = 'sk-ant-canary-0123456789abcdef';

export type MakeGateway = (setup: GatewaySetup) => Gateway;
export type House = ReturnType<typeof houseFor>;

/** A gateway with one open door, a model server behind it and a client in front of it; all gone when the test is over. */
export function houseFor(make: MakeGateway) {
  return async (reply?: RequestListener, options: Partial<GatewaySetup & DoorSpec> = {}) => {
    const directory = await temporaryDirectory();
    const upstream = await recorder(reply);
    const lines: string[] = [];
    const gateway = make({
      baseUrl: options.baseUrl ?? upstream.url,
      credential: options.credential ?? { kind: 'api-key', value: new Secret(secret) },
      log: (line) => lines.push(line),
      ...(options.idleMs === undefined ? {} : { idleMs: options.idleMs }),
    });
    onTestFinished(async () => {
      await gateway.close();
      await upstream[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    });
    const spec: DoorSpec = {
      group: 'team',
      directory: join(directory.path, 'door'),
      egress: options.egress ?? 'llm-only',
      allow: options.allow ?? [],
    };
    const door = await gateway.open(spec);
    return { gateway, door, spec, upstream, lines, inside: new SandboxClient(spec.directory) };
  };
}
