import type { ToolDefinition } from './tools/definition.ts';
import { groupTools } from './tools/groups.ts';
import { searchTools } from './tools/search.ts';
import { talkTools } from './tools/talk.ts';
import { taskTools } from './tools/tasks.ts';

/** Every tool the host serves, in the order the model reads them. */
export const toolDefinitions: readonly ToolDefinition[] = [...talkTools, ...searchTools, ...taskTools, ...groupTools];
