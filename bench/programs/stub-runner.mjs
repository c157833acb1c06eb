// In the runner's place where only the host is measured: takes every input and answers it at once, without an agent.
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const ipc = '/workspace/ipc';
const seen = new Set();
const frame = (body) =>
  process.stdout.write(`---NANOCLAW_OUTPUT_START---\n${JSON.stringify(body)}\n---NANOCLAW_OUTPUT_END---\n`);

let begun = false;
createInterface({ input: process.stdin }).on('line', (line) => {
  if (begun) return look();
  begun = true;
  const { runId } = JSON.parse(line);
  const status = { v: 1, runId, state: 'idle', background: 0, at: new Date().toISOString() };
  put('status.json', status);
  frame({ type: 'ready' });
  setInterval(look, 500);
  look();
});

function look() {
  for (const name of readdirSync(`${ipc}/input`).sort()) {
    if (seen.has(name)) continue;
    if (name === '_close') process.exit(0);
    if (!name.endsWith('.json')) continue;
    seen.add(name);
    const { id, turnId } = JSON.parse(readFileSync(`${ipc}/input/${name}`, 'utf8'));
    writeFileSync(`${ipc}/acks/${id}`, '');
    frame({ type: 'ack', input: id });
    const result = { v: 1, turnId, ordinal: 1, answers: [id], status: 'ok', result: 'No, it stays dry until nine.' };
    put(`results/${turnId}-1.json`, result);
    frame({ type: 'result', ...result });
  }
}

function put(name, value) {
  writeFileSync(`${ipc}/${name}.tmp`, JSON.stringify(value));
  renameSync(`${ipc}/${name}.tmp`, `${ipc}/${name}`);
}
