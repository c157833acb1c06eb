// The composition root: builds every part bottom-up, starts them, and stops them in reverse.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type Registry, registerGroup, tryFolder } from './acts/register-group.ts';
import type { Budgeting } from './acts/report-usage.ts';
import { operate } from './admin/operate.ts';
import { AdminServer } from './admin/server.ts';
import { fetchAttachments } from './carry-files.ts';
import { type Channel, ownerOf, type Reaction } from './channels/channel.ts';
import { readChannelOf } from './channels/index.ts';
import { TerminalChannel } from './channels/terminal/channel.ts';
import type { Config } from './config.ts';
import type { Gateway } from './gateway/gateway.ts';
import { holdTurns } from './hold-turns.ts';
import type { TurnControl } from './inbound/command.ts';
import { chatCommands } from './inbound/commands.ts';
import { folderFiles } from './inbound/folder-files.ts';
import { Receiver } from './inbound/receive.ts';
import { SenderAllowlist } from './inbound/sender-allowlist.ts';
import { keepChannels } from './keep-channels.ts';
import { keepPruned } from './keep-pruned.ts';
import { keepQuestions } from './keep-questions.ts';
import { keepSchedule, taskDesk } from './keep-schedule.ts';
import { keepSearch } from './keep-search.ts';
import { ContainerLauncher } from './launch.ts';
import { leaveRuntime } from './leave-runtime.ts';
import { Bell } from './lib/bell.ts';
import type { Clock } from './lib/clock.ts';
import { localDay } from './lib/local-day.ts';
import type { Log } from './lib/log.ts';
import { terminalJid } from './model/chat.ts';
import type { NanoclawError } from './model/errors.ts';
import { Delivery } from './outbound/deliver.ts';
import { Stream } from './outbound/stream.ts';
import { noticesOf, reportStatus } from './report.ts';
import type { RuntimeName, Sandbox } from './sandbox/sandbox.ts';
import { serveTools } from './serve-tools.ts';
import { Stops } from './stops.ts';
import { lockHome } from './store/lock.ts';
import { Store } from './store/store.ts';
import { Dispatcher } from './turns/dispatcher.ts';
import type { TurnParts } from './turns/parts.ts';

export interface AppOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  /** The runtime recorded by an earlier start, or undefined; resolves to the sandbox to use, what to record, and what a person should know. */
  readonly chooseSandbox: (
    recorded: string | undefined,
  ) => Promise<{ sandbox: Sandbox; record: RuntimeName | undefined; notice?: string | undefined }>;
  /** A sandbox of a runtime that was used before; undefined where this machine has it no more. */
  readonly formerSandbox?: (runtime: RuntimeName) => Sandbox | undefined;
  readonly gateway: Gateway;
  /** Platform channels; the terminal is always there. */
  readonly channels: Promise<readonly Channel[]> | readonly Channel[];
  readonly requestStop: (options: { now: boolean }) => void;
  /** What is stored is not to be believed any more: the host is to end at once, for nothing it does next is right. */
  readonly onBroken: (trouble: NanoclawError) => void;
}

export interface App {
  readonly socketPath: string;
  readonly notices: readonly string[];
  /** What commands in a chat do to turns. */
  readonly turns: Pick<Dispatcher, 'stopTurn' | 'renew'>;
  /** In reverse order of the start. `now`: running turns are ended at once; that can also be asked while it stops. */
  stop(options: { now: boolean }): Promise<void>;
}

export async function startApp(options: AppOptions): Promise<App> {
  const stops = new Stops();
  try {
    return await build(options, stops);
  } catch (error) {
    await stops.run({ now: true });
    throw error;
  }
}

async function build(options: AppOptions, stops: Stops): Promise<App> {
  const { config, clock, log, gateway } = options;
  const startedAt = clock.now();
  const registry = openRegistry(options, { stops, channelOf: await readChannelOf() });
  const { store } = registry;
  const install = installId(store);
  // First: a setting that is wrong is told at once, before an image is built.
  const platforms = await options.channels;
  const { sandbox, record, notice } = await options.chooseSandbox(store.facts.get('runtime'));
  await leaveRuntime(store, sandbox.capabilities.runtime, { former: options.formerSandbox ?? (() => undefined), log });
  if (record) store.facts.set('runtime', record);
  stops.add(() => gateway.close());

  const terminal = new TerminalChannel({ clock });
  const channels = [terminal, ...platforms];
  const outboxBell = new Bell();
  const inboxBell = new Bell();
  const attachmentBell = new Bell();
  const limitOf = (jid: string) => ownerOf(channels, jid)?.capabilities.textLimits ?? { length: 4_000 };
  const desk = taskDesk({ store, clock, outboxBell, limitOf }, config.timeZone);
  const launcher = new ContainerLauncher({ config, install, registry, sandbox, gateway, clock, log });

  const spoolDirectory = join(config.home, 'data', 'spool');
  const { assistantName } = config;
  const delivery = new Delivery({ clock, log, store, desk, channels, bell: outboxBell, assistantName, spoolDirectory });
  const stream = new Stream({ desk, log, channels, inChat: (place, work) => delivery.inChat(place, work) });
  delivery.recover();
  const { snapshots } = launcher;
  const requests = await serveTools(desk, { home: config.home, snapshots, registry, channels, log });
  const serve: TurnParts['serveRequests'] = (mailbox, asker) => requests.serve(mailbox, asker);
  const dispatcher = makeTurns(options, { channels, desk, inboxBell, launcher, stream }, serve);

  const allowlist = new SenderAllowlist(join(config.configDirectory, 'sender-allowlist.json'), log);
  const notices = [...noticesOf(gateway, sandbox), ...config.warnings, ...(notice === undefined ? [] : [notice])];
  const turns: TurnControl = {
    stop: (place) => dispatcher.storeStop(place),
    renew: (folder) => dispatcher.storeRenew(folder),
  };
  const receiver = new Receiver({
    desk,
    turns,
    timeZone: config.timeZone,
    dailyBudgetUsd: config.dailyBudgetUsd,
    log,
    inboxBell,
    attachmentBell,
    allowlist,
    ...folderFiles(registry.groupsDirectory, launcher.owner),
    status: () => reportStatus(report),
  });
  const fetching = { store, clock, log, inboxBell, bell: attachmentBell, owner: launcher.owner };
  const fetcher = fetchAttachments(fetching, { home: config.home, channelOf: (jid) => ownerOf(channels, jid) });
  const keeper = keepChannels(channels, { receiver, desk, log, failedDirectory: join(config.home, 'data', 'failed') });
  const report = { config, store, gateway, sandbox, terminal, keeper, dispatcher, allowlist, startedAt, notices };
  const chat = { terminal, sandbox: () => sandbox.capabilities, notices: () => notices, commands: chatCommands };
  const admin = new AdminServer({
    path: join(config.home, 'data', 'admin.sock'),
    log,
    clock,
    handlers: operate({
      registry,
      chat,
      desk,
      inboxBell,
      outboxBell,
      channels: channels.map((channel) => channel.name),
      model: config.model,
      timeZone: config.timeZone,
      renew: (folder) => dispatcher.renew(folder),
      dailyBudgetUsd: config.dailyBudgetUsd,
      recheckEgress: (folder) => launcher.recheckEgress(folder),
      judgeMounts: (group) => launcher.judgeMounts(group),
      stop: options.requestStop,
      status: () => reportStatus(report),
    }),
  });
  await admin.start();
  stops.add(() => admin.stop());
  // Before the channels: agents that lived on without us have lost their way out, and their patience is short.
  dispatcher.adopt();
  await keeper.start();
  stops.add(() => keeper.stop());
  fetcher.start();
  stops.add(() => fetcher.stop());
  // Stopped in reverse: first nothing more comes in, then turns end, then what they said goes out, then the doors close.
  delivery.start();
  stops.add(() => delivery.stop());
  stops.add(() => stream.stop());
  stops.add(keepQuestions({ desk, log, inboxBell }));
  stops.add(keepPruned({ store, clock, log }));
  const search = keepSearch({ store, clock, log });
  search.start();
  stops.add(() => search.stop());
  dispatcher.start();
  stops.add((now) => dispatcher.stop(now));
  stops.add(keepSchedule({ desk, log, inboxBell }));
  stops.add(() => receiver.close());
  log.info({ ms: clock.now() - startedAt, runtime: sandbox.capabilities.runtime }, 'the host is ready');
  return { socketPath: admin.path, notices, turns: dispatcher, stop: (how) => stops.run(how) };
}

function openRegistry(
  { config, clock, log, onBroken }: AppOptions,
  { stops, channelOf }: { stops: Stops; channelOf: Registry['channelOf'] },
): Registry {
  const lock = lockHome(join(config.home, 'data', 'host.lock'));
  stops.add(() => lock[Symbol.dispose]());
  const store = Store.open(join(config.home, 'store', 'messages.db'), onBroken);
  stops.add(() => store.close());
  store.transaction(() => store.usage.sumOlder((at) => localDay(at, config.timeZone)));
  const registry: Registry = {
    store,
    clock,
    groupsDirectory: join(config.home, 'groups'),
    templatesDirectory: join(config.checkout, 'groups'),
    assistantName: config.assistantName,
    channelOf,
  };
  const main = store.groups.main();
  if (main) tryFolder(registry, main, log);
  else registerGroup(registry, { folder: 'main', name: 'Main', jid: terminalJid('main'), isMain: true });
  return registry;
}

function makeTurns(
  { config, clock, log, gateway }: AppOptions,
  parts: Pick<TurnParts, 'desk' | 'inboxBell' | 'launcher'> & { channels: readonly Channel[]; stream: Stream },
  serveRequests: TurnParts['serveRequests'],
): Dispatcher {
  const { channels, desk, stream } = parts;
  const turns: TurnParts = {
    ...parts,
    store: desk.store,
    clock,
    log,
    settings: { ...config, costsNothing: gateway.credential === 'rehearsal' },
    serveRequests,
    onPartial: (turn, text) => stream.onPartial(turn, text),
    onActivity: (turn, tool) => stream.onActivity(turn, tool),
    react: (jid, platformId, emoji) => {
      const channel = ownerOf(channels, jid);
      if (channel?.capabilities.reactions) void acknowledge({ channel, clock, log }, { jid, platformId, emoji });
    },
    setTyping: (place, on) => ownerOf(channels, place.jid)?.setTyping(place.jid, place.thread, on),
    failedAnswer: (group) => gateway.failedAnswer(group),
    heldBy: holdTurns({ ...budgeting(config, desk), config, gateway, channelOf: (jid) => ownerOf(channels, jid) }),
  };
  return new Dispatcher(turns);
}

/** Longer than a platform takes; later nobody looks for it. */
const hintMs = 10_000;

// A hint: the turn does not wait for it, and nothing depends on it. Never rejects.
async function acknowledge(to: { channel: Channel; clock: Clock; log: Log }, reaction: Reaction): Promise<void> {
  // Whoever asks for it may stand in a transaction: not before it is committed.
  await Promise.resolve();
  const deadline = new AbortController();
  using _timer = to.clock.after(hintMs, () => deadline.abort());
  try {
    await to.channel.react(reaction, deadline.signal);
  } catch (error) {
    to.log.debug({ err: error, jid: reaction.jid }, 'a reaction was not taken');
  }
}

function installId(store: Store): string {
  const known = store.facts.get('install');
  if (known !== undefined) return known;
  const id = randomBytes(4).toString('hex');
  store.facts.set('install', id);
  return id;
}

function budgeting({ timeZone, dailyBudgetUsd }: Config, { store, clock }: TurnParts['desk']): Budgeting {
  return { store, clock, timeZone, dailyBudgetUsd };
}
