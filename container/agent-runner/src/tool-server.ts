import { createSdkMcpServer, type McpSdkServerConfigWithInstance, tool } from '@anthropic-ai/claude-agent-sdk/core';
import { toolDefinitions } from '../../../protocol/tools.ts';
import { type Ask, answerCalls, callTool, serverName } from './tools.ts';

/** The host's tools, served inside the runner itself and always in the prompt. One server serves one SDK process. */
export function toolServer(ask: Ask): McpSdkServerConfigWithInstance {
  const tools = toolDefinitions.map(({ name, description, input }) =>
    tool(name, description, input.shape, (args) => callTool(name, args, ask)),
  );
  const server = createSdkMcpServer({ name: serverName, version: '1.0.0', alwaysLoad: true, tools });
  answerCalls(server.instance, ask);
  return server;
}
