// `npm run bench`: what things cost, each beside its floor. It measures and never judges.
import { readdirSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import type { Family, Row } from './row.ts';
import { targetOf } from './targets.ts';

const usage = `usage: npm run bench -- [--json | --markdown] [--only NAME] [-n N]

  --json       one JSON object a line
  --markdown   the table of docs/performance.md
  --only NAME  the rows whose name holds NAME, or all of the file NAME in bench/rows/; may be repeated
               (some take minutes and are measured only so: many-turns)
  -n N         samples of each side (30); what takes long for each sample takes fewer`;

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    markdown: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
    n: { type: 'string', short: 'n', default: '30' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
if (values.help) console.log(usage);
else await main();

async function main(): Promise<void> {
  const n = Number(values.n);
  const families = await readFamilies();
  if (!Number.isInteger(n) || n < 1) return wrong(`-n takes a whole number, not ${values.n}.`);
  const known = families.flatMap(({ file, family }) => [file, ...family.rows]);
  const unknown = values.only.find((name) => !known.some((one) => one.includes(name)));
  if (unknown !== undefined) return wrong(`There is no row "${unknown}"; there are: ${known.join(', ')}.`);
  const [load = 0] = loadavg();
  if (load > cpus().length / 2)
    note(`The machine is busy (load ${load.toFixed(1)}): compare ratios, not milliseconds.`);
  if (!values.json) console.log(heading());
  for (const { file, family } of families) {
    const wants = (row: string) =>
      values.only.length === 0 ? !family.long : values.only.some((name) => file === name || row.includes(name));
    if (!family.rows.some(wants)) continue;
    try {
      for await (const row of family.run({ n, wants, note })) if (wants(row.name)) print(row);
    } catch (error) {
      note(`${file} could not be measured: ${error instanceof Error ? error.stack : String(error)}`);
      process.exitCode = 1;
    }
  }
}

async function readFamilies(): Promise<{ file: string; family: Family }[]> {
  const directory = new URL('rows/', import.meta.url);
  const files = readdirSync(directory).filter((name) => name.endsWith('.ts'));
  return Promise.all(
    files.sort().map(async (name) => {
      const { family }: { family: Family } = await import(new URL(name, directory).href);
      return { file: name.slice(0, -'.ts'.length), family };
    }),
  );
}

function print(row: Row): void {
  const target = targetOf(row);
  const verdict = target && (target.met ? 'met' : 'missed');
  if (values.json) {
    console.log(JSON.stringify({ ...row, ...(target && { target: target.says, met: target.met }) }));
    return;
  }
  const { name, p50, p95, unit, floor, ratio, own, n } = row;
  console.log(
    line([
      name,
      String(p50),
      String(p95),
      unit,
      cell(floor),
      cell(ratio),
      cell(own),
      String(n),
      cell(target?.says),
      cell(verdict),
    ]),
  );
  if (values.markdown) return;
  const more = { steps: row.steps, 'steps of the floor': row.floorSteps, ...(row.p99 && { p99: { '': row.p99 } }) };
  for (const [what, steps] of Object.entries(more)) {
    if (!steps) continue;
    const words = Object.entries(steps).map((one) => one.join(' ').trim());
    console.log(`    ${what}: ${words.join(' · ')}`);
  }
}

function heading(): string {
  const cells = ['p50', 'p95', 'unit', 'floor', 'ratio', 'own', 'n', 'target', ''];
  if (!values.markdown) return line(['', ...cells]);
  return [line(['row', ...cells]), line(['', ...cells].map(() => '---'))].join('\n');
}

function line([name = '', ...cells]: readonly string[]): string {
  if (values.markdown) return `| ${[name, ...cells].join(' | ')} |`;
  return name.padEnd(44) + cells.map((one, i) => one.padStart(i === 7 ? 28 : 9)).join('');
}

function cell(value: number | string | null | undefined): string {
  return value === null || value === undefined ? '–' : String(value);
}

function note(sentence: string): void {
  console.error(`bench: ${sentence}`);
}

function wrong(sentence: string): void {
  note(`${sentence}\n${usage}`);
  process.exitCode = 2;
}
