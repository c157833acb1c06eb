// Words of a turn that are not its last block stand.
import { expect, test } from 'vitest';
import { callTool, inOneAnswer, say } from '../../src/gateway/rehearsal/reply.ts';
import { openHouse } from '../house.ts';

const text = (words: string) => ({ type: 'text' as const, text: words });
const bash = { type: 'tool_use' as const, name: 'Bash', input: { command: 'true' } };

test.each([
  { name: 'a report, a tool, a last word', blocks: ['The report.', 'Saved.'], stands: 'The report.\n\nSaved.' },
  { name: 'a report and a tool at the end', blocks: ['The report.', ''], stands: 'The report.' },
  { name: 'a last word that repeats it', blocks: ['The report.', 'The report.'], stands: 'The report.' },
  { name: 'a last word that holds it', blocks: ['One.', 'One.\nTwo.'], stands: 'One.\nTwo.' },
  { name: 'what is internal before it', blocks: ['<internal>hm</internal>', 'Done.'], stands: 'Done.' },
  { name: 'an internal that never ends before it', blocks: ['Yes. <internal>hm', 'Done.'], stands: 'Yes. \n\nDone.' },
  { name: 'all internal at the end', blocks: ['The report.', '<internal>ok</internal>'], stands: 'The report.' },
])('$name', async ({ blocks, stands }) => {
  await using house = await openHouse();
  const [first = '', last = ''] = blocks;
  house.rehearsal.script = ({ toolCalls }) =>
    toolCalls.length === 0 ? inOneAnswer([text(first), bash]) : last === '' ? inOneAnswer([]) : say(last);
  house.say('report');
  expect((await house.hears(1))[0]?.replace(/ +\n/g, '\n')).toBe(stands.replace(/ +\n/g, '\n'));
});

test('what was seen to grow before a tool is part of the answer', async () => {
  await using house = await openHouse();
  house.rehearsal.script = ({ toolCalls }) =>
    toolCalls.length === 0 ? inOneAnswer([text('A long report.'), bash]) : callTool('Bash', { command: 'true' });
  let calls = 0;
  house.rehearsal.script = () => {
    calls += 1;
    if (calls === 1) return inOneAnswer([text('First part.'), bash]);
    if (calls === 2) return inOneAnswer([text('Second part.'), bash]);
    return say('Saved.');
  };
  house.say('report');
  expect(await house.hears(1)).toEqual(['First part.\n\nSecond part.\n\nSaved.']);
});
