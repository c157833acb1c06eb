import { readdirSync } from 'node:fs';
import { extname } from 'node:path';
import type { Tool, ToolDesk } from './tool.ts';

/** Every tool of this folder by its request type: adding a tool is adding a file, and no list names it. */
export async function loadTools(desk: ToolDesk): Promise<ReadonlyMap<string, Tool>> {
  const here = new URL('.', import.meta.url);
  const extension = extname(import.meta.url);
  const tools = new Map<string, Tool>();
  for (const file of readdirSync(here).sort()) {
    if (!file.endsWith(extension) || file.endsWith('.d.ts') || /^(index|tool)\.|\.test\./.test(file)) continue;
    const loaded: unknown = await import(new URL(file, here).href);
    if (!isToolModule(loaded)) throw new Error(`src/tools/${file} does not export createTool`);
    const tool = loaded.createTool(desk);
    if (tools.has(tool.requestType)) throw new Error(`two tools serve requests of type ${tool.requestType}`);
    tools.set(tool.requestType, tool);
  }
  return tools;
}

function isToolModule(value: unknown): value is { createTool: (desk: ToolDesk) => Tool } {
  return typeof value === 'object' && value !== null && 'createTool' in value && typeof value.createTool === 'function';
}
