/**
 * The host's tools as an MCP server on stdio, for a program that is not our runner (v1's name and environment). It has
 * no bell: the host finds its requests by its own look.
 */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { toolDefinitions } from '../../../protocol/tools.ts';
import { layout } from './layout.ts';
import { Mailbox } from './mailbox.ts';
import { Requests } from './requests.ts';
import { type Ask, answerCalls, callTool, serverName } from './tools.ts';

const { ipc, lookMs, replyMs } = layout.parse({ ipc: process.env['NANOCLAW_IPC_DIR'] });
const mailbox = new Mailbox(ipc);
mailbox.prepare();
const requests = new Requests(mailbox, { ring: () => undefined, lookMs, replyMs });
const chatJid = process.env['NANOCLAW_CHAT_JID'] ?? '';
const ask: Ask = (definition, args) => requests.ask(definition, args, { chatJid });

const server = new McpServer({ name: serverName, version: '1.0.0' });
for (const { name, description, input } of toolDefinitions) {
  server.registerTool(name, { description, inputSchema: input.shape }, (args) => callTool(name, args, ask));
}
answerCalls(server, ask);
await server.connect(new StdioServerTransport());
