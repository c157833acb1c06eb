// What is above this room and heavy: loaded only by the commands that need it.
import { extname } from 'node:path';

export interface HostHandle {
  readonly socketPath: string;
  /** `now`: running turns and containers are ended, not left to be adopted. */
  stop(now?: boolean): Promise<void>;
  /** Resolves when the host has stopped, whatever stopped it. */
  readonly ended: Promise<void>;
  readonly notices: readonly string[];
}

export interface RunHostOptions {
  readonly checkout: string;
  /** A chat has the terminal: nothing but progress of the start may be written there, on stderr. */
  readonly chat: boolean;
}

export interface HostModule {
  /** Resolves when the host is up. Throws `host.running` when another one holds the home. */
  runHost(options: RunHostOptions): Promise<HostHandle>;
  serveRehearsalModel(port: number): Promise<{ readonly url: string; close(): Promise<void> }>;
}

export async function loadHost(): Promise<HostModule> {
  const loaded: unknown = await import(new URL(`../index${extname(import.meta.url)}`, import.meta.url).href);
  if (!isHostModule(loaded)) throw new Error('src/index.ts does not export runHost and serveRehearsalModel');
  return loaded;
}

export interface SetupStep {
  /** The step's exit code; it prints its own status block. */
  runStep(options: { checkout: string; runtime: string | undefined; yes: boolean }): Promise<number>;
}

export async function loadSetupStep(step: 'container'): Promise<SetupStep> {
  const file = new URL(`../../setup/${step}${extname(import.meta.url)}`, import.meta.url);
  const loaded: unknown = await import(file.href);
  if (!isSetupStep(loaded)) throw new Error(`setup/${step}.ts does not export runStep`);
  return loaded;
}

function isHostModule(value: unknown): value is HostModule {
  return typeof value === 'object' && value !== null && 'runHost' in value && 'serveRehearsalModel' in value;
}

function isSetupStep(value: unknown): value is SetupStep {
  return typeof value === 'object' && value !== null && 'runStep' in value;
}
