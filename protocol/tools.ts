import type { ToolDefinition } from './tools/definition.ts';
import { searchTools } from './tools/search.ts';
import { talkTools } from './tools/talk.ts';

/** Every tool the host serves, in the order the model reads them. */
export const toolDefinitions: readonly ToolDefinition[] = [...talkTools, ...searchTools];
