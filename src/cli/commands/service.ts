import { defineCommand } from 'citty';
import type { Cli } from '../cli.ts';

export const command = (cli: Cli) =>
  defineCommand({
    meta: { name: 'service', description: 'Keep the host running with systemd' },
    subCommands: { print: print(cli), install: install(cli), uninstall: uninstall(cli), status: status(cli) },
  });

const load = () => import('../../../setup/service.ts');
const optionsOf = ({ checkout, config }: Cli) => ({
  checkout,
  home: config.home,
  searchPath: config.environment.path,
});

const print = (cli: Cli) =>
  defineCommand({
    meta: { name: 'print', description: 'Print the systemd unit; its path goes to standard error' },
    async run() {
      const { unitPath, unitText } = await load();
      cli.note(`# ${unitPath()}`);
      cli.out(unitText(optionsOf(cli)).trimEnd());
    },
  });

const install = (cli: Cli) =>
  defineCommand({
    meta: { name: 'install', description: 'Install the unit and start it, now and at every boot' },
    async run() {
      const { installService } = await load();
      for (const line of await installService(optionsOf(cli))) cli.out(line);
    },
  });

const uninstall = (cli: Cli) =>
  defineCommand({
    meta: { name: 'uninstall', description: 'Stop it and remove the unit; your data stays' },
    async run() {
      const { uninstallService } = await load();
      await uninstallService();
      cli.out('Removed the service; your data is untouched.');
    },
  });

const status = (cli: Cli) =>
  defineCommand({
    meta: { name: 'status', description: 'Show whether it is installed and running' },
    args: { json: { type: 'boolean', description: 'As JSON' } },
    async run({ args }) {
      const { serviceState } = await load();
      cli.print(await serviceState(), {
        json: args.json,
        words: (state) => {
          if (state.systemd === 'none') return 'systemd is not running on this machine.';
          if (!state.installed) return 'Not installed: ./nanoclaw service install';
          const running = state.active ? 'is running' : 'is not running';
          const linger = state.lingers
            ? ''
            : '\nIt ends when you log out. To keep it running, as root: loginctl enable-linger USER';
          return `Installed; it ${running} and ${state.enabled ? 'starts' : 'does not start'} at boot.${linger}`;
        },
      });
    },
  });
