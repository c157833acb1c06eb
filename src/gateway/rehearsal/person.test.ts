import { describe, expect, it } from 'vitest';
import { personMessages } from './person.ts';

describe('finding what a person typed', () => {
  it('reads the messages of a prompt, decoded, without what they quote', () => {
    const prompt = `<context timezone="Europe/Berlin" now="x" />
<messages>
<message id="m1" sender="Ann &quot;A&quot;" role="owner" thread="17">a &lt;b&gt; &amp;lt; &#64;file &#x1F600;</message>
<message id="m2" sender="Bob" reply_to="m1"><quoted_message from="Ann">not
this</quoted_message>but
this</message>
</messages>`;
    expect(personMessages(prompt)).toEqual([
      {
        id: 'm1',
        sender: 'Ann "A"',
        text: 'a <b> &lt; @file 😀',
        attributes: { id: 'm1', sender: 'Ann "A"', role: 'owner', thread: '17' },
      },
      { id: 'm2', sender: 'Bob', text: 'but\nthis', attributes: { id: 'm2', sender: 'Bob', reply_to: 'm1' } },
    ]);
  });

  it('takes a plain prompt as one message', () => {
    expect(personMessages(' hello ')).toMatchObject([{ text: 'hello', id: undefined }]);
    expect(personMessages(' \n')).toEqual([]);
  });
});
