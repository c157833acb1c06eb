// The composition root: builds every part bottom-up and stops them in reverse. It decides nothing itself.
import { randomBytes, randomUUID } from 'node:crypto';
import { statfsSync } from 'node:fs';
import { join } from 'node:path';
import type { Desk } from './acts/post-message.ts';
import { makeFolder, type Registry, registerGroup } from './acts/register-group.ts';
import { operate } from './admin/operate.ts';
import { AdminServer } from './admin/server.ts';
import type { Channel } from './channels/channel.ts';
import { TerminalChannel } from './channels/terminal/channel.ts';
import type { Config } from './config.ts';
import type { Gateway } from './gateway/gateway.ts';
import { keepLongText } from './inbound/long-text.ts';
import { Receiver } from './inbound/receive.ts';
import { SenderAllowlist } from './inbound/sender-allowlist.ts';
import { Requests } from './ipc/requests.ts';
import { ContainerLauncher } from './launch.ts';
import { Bell } from './lib/bell.ts';
import type { Clock } from './lib/clock.ts';
import type { Log } from './lib/log.ts';
import { terminalJid } from './model/chat.ts';
import { Delivery } from './outbound/deliver.ts';
import { reportStatus } from './report.ts';
import { reapLeftovers } from './sandbox/reap.ts';
import type { RuntimeName, Sandbox } from './sandbox/sandbox.ts';
import { lockHome } from './store/lock.ts';
import { Store } from './store/store.ts';
import { loadTools } from './tools/index.ts';
import type { Cause } from './turns/causes.ts';
import { Dispatcher } from './turns/dispatcher.ts';
import type { TurnParts } from './turns/parts.ts';
import { recoverTurns } from './turns/recover.ts';

export interface AppOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  /** The runtime recorded by an earlier start, or undefined; resolves to the sandbox to use and what to record. */
  readonly chooseSandbox: (
    recorded: string | undefined,
  ) => Promise<{ sandbox: Sandbox; record: RuntimeName | undefined }>;
  readonly gateway: Gateway;
  /** Platform channels; the terminal is always there. */
  readonly channels: readonly Channel[];
  readonly requestStop: (options: { now: boolean }) => void;
}

export interface App {
  readonly socketPath: string;
  readonly notices: readonly string[];
  /** In reverse order of the start. `now`: running turns are ended at once. */
  stop(options: { now: boolean }): Promise<void>;
}

export async function startApp(options: AppOptions): Promise<App> {
  const stops: ((how: { now: boolean }) => void | Promise<void>)[] = [];
  const stop = async (how: { now: boolean }) => {
    for (const one of stops.splice(0).reverse()) await one(how);
  };
  try {
    return await build(options, stops, stop);
  } catch (error) {
    await stop({ now: true });
    throw error;
  }
}

type Stops = ((how: { now: boolean }) => void | Promise<void>)[];

async function build(options: AppOptions, stops: Stops, stop: App['stop']): Promise<App> {
  const { config, clock, log, gateway } = options;
  const startedAt = clock.now();
  const at = (...parts: string[]) => join(config.home, ...parts);

  const lock = lockHome(at('data', 'host.lock'));
  stops.push(() => lock[Symbol.dispose]());
  const store = Store.open(at('store', 'messages.db'));
  stops.push(() => store.close());
  const install = installId(store);
  const registry: Registry = {
    store,
    clock,
    groupsDirectory: at('groups'),
    templatesDirectory: join(config.checkout, 'groups'),
    assistantName: config.assistantName,
  };
  ensureMain(registry);

  const { sandbox, record } = await options.chooseSandbox(store.facts.get('runtime'));
  if (record) store.facts.set('runtime', record);
  await reapLeftovers(sandbox, { install, log });
  stops.push(() => gateway.close());

  const terminal = new TerminalChannel({ clock });
  const channels = [terminal, ...options.channels];
  const ownerOf = (jid: string) => channels.find((channel) => channel.owns(jid));
  const inboxBell = new Bell();
  const outboxBell = new Bell();
  const desk: Desk = { store, clock, outboxBell, limitOf: (jid) => ownerOf(jid)?.capabilities.maxTextLength ?? 4_000 };

  const launcher = new ContainerLauncher({ config, install, registry, sandbox, gateway, clock, log });
  const requests = new Requests({ store, clock, log, tools: await loadTools(desk) });
  const turns: TurnParts = {
    store,
    clock,
    log,
    desk,
    inboxBell,
    launcher,
    settings: config,
    serveRequests: (mailbox, asker) => requests.serve(mailbox, asker),
    setTyping: (place, on) => ownerOf(place.jid)?.setTyping(place.jid, place.thread, on),
    heldBy: (place) => lowDisk(config) ?? missingCredential(gateway, ownerOf(place.jid)),
  };
  recoverTurns(turns);
  const dispatcher = new Dispatcher(turns);
  dispatcher.start();
  stops.push((how) => dispatcher.stop(how));

  const delivery = new Delivery({
    store,
    clock,
    log,
    desk,
    channels,
    bell: outboxBell,
    assistantName: config.assistantName,
  });
  delivery.start();
  stops.push(() => delivery.stop());

  const allowlist = new SenderAllowlist(join(config.configDirectory, 'sender-allowlist.json'), log);
  const receiver = new Receiver({
    store,
    clock,
    log,
    inboxBell,
    allowlist,
    keepLongText: (folder, message) =>
      keepLongText(at('groups', folder), message.text, { id: randomUUID(), owner: launcher.owner }),
  });
  const notices = noticesOf(gateway, sandbox);
  const admin = new AdminServer({
    path: at('data', 'admin.sock'),
    log,
    clock,
    handlers: operate({
      registry,
      model: config.model,
      outboxBell,
      stop: options.requestStop,
      chat: {
        attach: (jid, listener) => terminal.attach(jid, listener),
        say: (jid, text) => terminal.say(jid, text),
        sandbox: () => sandbox.capabilities,
        notices: () => notices,
      },
      status: () =>
        reportStatus({ config, store, gateway, sandbox, channels, dispatcher, allowlist, startedAt, notices }),
    }),
  });
  await admin.start();
  stops.push(() => admin.stop());

  const closing = new AbortController();
  for (const channel of channels) {
    const events = {
      onMessage: (message: Parameters<Receiver['receive']>[0]) => receiver.receive(message),
      onChat: (chat: { jid: string; name: string; isGroup: boolean }) =>
        store.chats.see({ ...chat, channel: channel.name }),
      onOpen: () => outboxBell.ring(),
    };
    await channel.start(events, closing.signal);
    stops.push(() => channel.stop());
  }
  log.info({ ms: clock.now() - startedAt, runtime: sandbox.capabilities.runtime }, 'the host is ready');
  return { socketPath: admin.path, notices, stop };
}

function installId(store: Store): string {
  const known = store.facts.get('install');
  if (known !== undefined) return known;
  const id = randomBytes(4).toString('hex');
  store.facts.set('install', id);
  return id;
}

function ensureMain(registry: Registry): void {
  const main = registry.store.groups.main();
  if (main) makeFolder(registry, main);
  else registerGroup(registry, { folder: 'main', name: 'Main', jid: terminalJid('main'), isMain: true });
}

function lowDisk(config: Config): { cause: Cause; detail: string } | undefined {
  const { bavail, bsize } = statfsSync(config.home);
  const free = bavail * bsize;
  if (free >= config.diskMinFreeBytes) return undefined;
  const mib = Math.floor(free / 1_048_576);
  return { cause: 'disk', detail: `The disk of my home directory is nearly full (${mib} MiB free).` };
}

// The rehearsal model is for trying things out; on a messaging platform people would take it for the assistant.
function missingCredential(
  gateway: Gateway,
  channel: Channel | undefined,
): { cause: Cause; detail: string } | undefined {
  if (gateway.credential !== 'rehearsal' || channel?.name === 'terminal') return undefined;
  return { cause: 'no-credential', detail: 'no credential' };
}

function noticesOf(gateway: Gateway, sandbox: Sandbox): string[] {
  const notices: string[] = [];
  if (gateway.credential === 'rehearsal') {
    notices.push(
      'No Claude credential yet: the built-in rehearsal model answers. Add a line ANTHROPIC_API_KEY=… to .env and start again.',
    );
  }
  if (sandbox.capabilities.class === 'local') {
    notices.push(
      'Sandbox: bubblewrap ("local"), a weaker wall than a container engine: no seccomp profile, no memory or process limits. "npx nanoclaw setup --step container" changes it.',
    );
  }
  return notices;
}
