// docs/picture.svg: a real session, run now in a home of its own and drawn as text. `node scripts/picture.mjs`
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const said = ['hello', 'run: id -un; ls /workspace', 'run: curl -sm 5 http://169.254.169.254/ || echo refused'];
const look = { width: 92, size: 14, line: 20, padding: 20, bar: 34 };

const lines = session();
writeFileSync(path.join(root, 'docs', 'picture.svg'), draw(lines));

function session() {
  const home = mkdtempSync(path.join(tmpdir(), 'picture-'));
  try {
    const env = { ...process.env, NANOCLAW_HOME: home, CONTAINER_RUNTIME: process.env.CONTAINER_RUNTIME ?? 'local' };
    const ran = spawnSync(path.join(root, 'nanoclaw'), ['start'], {
      env,
      input: `${said.join('\n')}\n`,
      encoding: 'utf8',
    });
    if (ran.status !== 0) throw new Error(`The session failed:\n${ran.stderr}`);
    const answers = ran.stdout.trim().split(/\n\n— rehearsal model\n?/);
    const [header = ''] = ran.stderr.split('\n').filter((line) => line.includes('sandbox'));
    return [
      { text: '$ ./nanoclaw start', kind: 'typed' },
      { text: header, kind: 'quiet' },
      ...said.flatMap((words, index) => [
        { text: '', kind: 'answer' },
        { text: `> ${words}`, kind: 'typed' },
        ...wrapped((answers[index] ?? '').trim()).map((text) => ({ text, kind: 'answer' })),
      ]),
    ];
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

function wrapped(text) {
  return text.split('\n').flatMap((line) => line.match(new RegExp(`.{1,${look.width - 2}}(\\s|$)`, 'g')) ?? ['']);
}

function draw(rows) {
  const { width, size, line, padding, bar } = look;
  const wide = Math.round(width * size * 0.602 + 2 * padding);
  const high = bar + rows.length * line + 2 * padding - line / 2;
  const colours = { typed: '#f0f3f6', answer: '#b6e3b8', quiet: '#8b949e' };
  const texts = rows.map(({ text, kind }, index) => {
    const y = bar + padding + index * line + size / 2;
    return `<text x="${padding}" y="${y}" fill="${colours[kind]}" xml:space="preserve">${escaped(text)}</text>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${wide}" height="${high}" viewBox="0 0 ${wide} ${high}" role="img">`,
    '<title>A session with NanoClaw in a terminal</title>',
    `<rect width="100%" height="100%" rx="10" fill="#161b22"/>`,
    ...['#ff5f56', '#ffbd2e', '#27c93f'].map((fill, n) => `<circle cx="${22 + n * 20}" cy="18" r="6" fill="${fill}"/>`),
    `<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="${size}">`,
    ...texts,
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

function escaped(text) {
  return text.trimEnd().replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
