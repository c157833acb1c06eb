import { readdir } from 'node:fs/promises';
import { extname } from 'node:path';
import { NanoclawError, systemCode } from '../model/errors.ts';
import type { ChannelManifest, ChannelParts, CreateChannel } from './manifest.ts';
import { ChannelRegistry } from './registry.ts';

interface LoadParts extends ChannelParts {
  /** Where a person wrote a setting (`line 3 of /home/ann/.env`), for what is told of one that is wrong. */
  placeOf(name: string): string;
}

/** A channel whose settings are not there. */
export interface SkippedChannel {
  readonly name: string;
  readonly missing: readonly string[];
}

/** Every folder's manifest, in the order of their names. Loads no platform library. */
export async function readManifests(): Promise<ChannelManifest[]> {
  const here = new URL('.', import.meta.url);
  const entries = await readdir(here, { withFileTypes: true });
  // The kit is no platform, it is what platforms stand on.
  const folders = entries.filter((entry) => entry.isDirectory() && entry.name !== 'kit').map((entry) => entry.name);
  return Promise.all(
    folders.sort().map(async (folder) => {
      const loaded: unknown = await load(folder, 'manifest');
      if (!isManifestModule(loaded)) throw new Error(`src/channels/${folder}/manifest.ts does not export a manifest`);
      return loaded.manifest;
    }),
  );
}

/** The channel a JID belongs to by its shape, whether or not that channel is configured here. */
export async function readChannelOf(): Promise<(jid: string) => string | undefined> {
  const manifests = await readManifests();
  return (jid) => manifests.find((manifest) => manifest.chatOf(jid) !== undefined)?.name;
}

/**
 * Imports and makes every configured channel; none is started. Throws `config.invalid` naming the variable when a setting
 * is wrong, `channel.not-installed` when the library of a configured one is missing.
 */
export async function loadChannels(
  parts: LoadParts,
): Promise<{ channels: ChannelRegistry; skipped: SkippedChannel[] }> {
  const channels = new ChannelRegistry();
  const skipped: SkippedChannel[] = [];
  for (const manifest of await readManifests()) {
    const missing = manifest.needs.filter((name) => parts.setting(name) === undefined);
    if (missing.length > 0) {
      skipped.push({ name: manifest.name, missing });
      continue;
    }
    checkSettings(manifest, parts);
    const createChannel = await loadChannel(manifest.name);
    channels.add(createChannel(parts));
  }
  return { channels, skipped };
}

function checkSettings(manifest: ChannelManifest, parts: LoadParts): void {
  const names = Object.keys(manifest.settings.shape);
  const given = names.flatMap((name) => {
    const value = parts.setting(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  const checked = manifest.settings.safeParse(Object.fromEntries(given));
  const issue = checked.error?.issues[0];
  if (!issue) return;
  const name = String(issue.path[0]);
  throw new NanoclawError('config.invalid', `${name} in ${parts.placeOf(name)} is not valid: ${issue.message}.`, {
    cure: 'Change it there; docs/reference/settings.md says what it takes.',
  });
}

async function loadChannel(name: string): Promise<CreateChannel> {
  let loaded: unknown;
  try {
    loaded = await load(name, 'channel');
  } catch (error) {
    if (systemCode(error) !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new NanoclawError('channel.not-installed', `The packages of the channel ${name} are not installed.`, {
      cure: 'Install them: npm ci (without --omit=optional).',
      cause: error,
    });
  }
  if (!isChannelModule(loaded)) throw new Error(`src/channels/${name}/channel.ts does not export createChannel`);
  return loaded.createChannel;
}

/** From sources and from dist/ alike: a file's siblings end as it does. */
function load(folder: string, file: 'manifest' | 'channel'): Promise<unknown> {
  return import(new URL(`./${folder}/${file}${extname(import.meta.url)}`, import.meta.url).href);
}

function isManifestModule(value: unknown): value is { manifest: ChannelManifest } {
  return typeof value === 'object' && value !== null && 'manifest' in value;
}

function isChannelModule(value: unknown): value is { createChannel: CreateChannel } {
  return typeof value === 'object' && value !== null && 'createChannel' in value;
}
