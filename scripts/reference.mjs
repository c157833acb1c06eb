// Writes what is generated: docs/reference/settings.md and commands.md from the code, .claude/skills from skills.
// With --check it writes nothing and names what differs.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { filesIn, textOf } from './checks/files.mjs';

const note = '<!-- Written by `node scripts/reference.mjs` from the source. Change it there. -->';

/** Generated path → its text. */
export async function generated(root) {
  const { tsImport } = await import('tsx/esm/api');
  const load = (file) => tsImport(pathToFileURL(path.join(root, file)).href, import.meta.url);
  return {
    'docs/reference/settings.md': settingsPage(await load('src/config.ts'), await manifestsOf(root, load)),
    'docs/reference/commands.md': await commandsPage(root, load),
    ...Object.fromEntries(filesIn(root, 'skills', /^/).map((file) => [`.claude/${file}`, textOf(root, file)])),
  };
}

/** Findings for `npm run check`. */
export async function referenceFindings(root) {
  const pages = await generated(root);
  const stale = Object.entries(pages).filter(([file, text]) => existing(root, file) !== text);
  const extra = filesIn(root, '.claude/skills', /^/).filter((file) => !(file in pages));
  return [
    ...stale.map(([file]) => `${file} is not what the source says: run node scripts/reference.mjs`),
    ...extra.map((file) => `${file} has no original under skills/: remove it`),
  ];
}

async function manifestsOf(root, load) {
  const files = filesIn(root, 'src/channels', /^manifest\.ts$/).filter((file) => file !== 'src/channels/manifest.ts');
  return await Promise.all(files.map(async (file) => (await load(file)).manifest));
}

function settingsPage({ settingsReference }, manifests) {
  const ofChannels = manifests.flatMap(({ settings }) =>
    Object.entries(settings.shape).map(([name, one]) => ({ name, meaning: one.description ?? '' })),
  );
  const rows = [...settingsReference(), ...ofChannels].map(({ name, default: value, meaning }) => {
    const shown = value === undefined ? '–' : `\`${value}\``;
    return `| \`${name}\` | ${shown} | ${cell(meaning)} |`;
  });
  return page([
    '# Settings',
    '',
    note,
    '',
    'The real environment comes first, then `.env` in the home directory (`config-examples/env.example` is a template). An',
    'unknown name in `.env` or an invalid value stops the start with an error that names it.',
    '',
    '| variable | default | meaning |',
    '| --- | --- | --- |',
    ...rows,
  ]);
}

async function commandsPage(root, load) {
  const files = filesIn(root, 'src/cli/commands', /(?<!\.test)\.ts$/);
  const commands = [];
  for (const file of files) {
    const { command } = await load(file);
    // A command keeps its surroundings for the time it runs; to be described it needs none.
    commands.push(...(await describe(command({}), [])));
  }
  if (commands.length === 0) throw new Error('src/cli/commands holds no command');
  return page([
    '# Commands',
    '',
    note,
    '',
    '`./nanoclaw <command>` in the checkout, or `nanoclaw` where it is linked; `--help` after any of them. Exit codes:',
    '0 done, 1 failed (stderr says why and what to do), 2 wrong usage, 3 the host is not running (yet), 130 a start was stopped.',
    ...commands,
  ]);
}

/** A command and those below it, as lines. */
async function describe(command, above) {
  const meta = await settled(command.meta);
  const names = [...above, meta.name];
  const args = Object.entries((await settled(command.args)) ?? {});
  const below = Object.values((await settled(command.subCommands)) ?? {});
  const lines = [];
  if (below.length === 0) {
    lines.push('', `## ${names.join(' ')}`, '', meta.description ?? '');
    if (args.length > 0) lines.push('', '| argument | meaning |', '| --- | --- |', ...args.map(argumentRow));
  }
  for (const one of below) lines.push(...(await describe(await settled(one), names)));
  return lines;
}

function argumentRow([name, argument]) {
  const { description = '', negativeDescription, default: value, options, required } = argument;
  const facts = [negativeDescription ?? description];
  if (options) facts.push(`One of ${options.map((option) => `\`${option}\``).join(', ')}.`);
  if (required === true) facts.push('Required.');
  if (typeof value === 'string') facts.push(`Default: \`${value}\`.`);
  const sentences = facts.filter(Boolean).map((fact) => fact.replace(/([^.])$/, '$1.'));
  return `| \`${shownArgument(name, argument)}\` | ${cell(sentences.join(' '))} |`;
}

function shownArgument(name, { type, valueHint, alias, default: value }) {
  if (type === 'positional') return (valueHint ?? name).toUpperCase();
  const short = alias === undefined ? '' : `-${alias}, `;
  if (type === 'boolean') return value === true ? `--no-${name}` : `${short}--${name}`;
  return `${short}--${name} ${(valueHint ?? name).toUpperCase()}`;
}

/** citty allows a value, a promise of it, or a function that makes it. */
async function settled(value) {
  return await (typeof value === 'function' ? value() : value);
}

function cell(text) {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function page(lines) {
  return `${lines.join('\n')}\n`;
}

function existing(root, file) {
  try {
    return readFileSync(path.join(root, file), 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

async function main(root) {
  if (process.argv.includes('--check')) {
    const findings = await referenceFindings(root);
    for (const finding of findings) console.log(finding);
    process.exitCode = findings.length === 0 ? 0 : 1;
    return;
  }
  for (const [file, text] of Object.entries(await generated(root))) {
    if (existing(root, file) === text) continue;
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), text);
    console.log(`wrote ${file}`);
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(path.resolve(process.argv[1])).href) {
  await main(fileURLToPath(new URL('..', import.meta.url)));
}
