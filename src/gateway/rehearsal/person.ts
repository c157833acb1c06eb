/** One message of a person, as it stood in the prompt: `<message id="m1" sender="Ann">text</message>`, decoded. Or a task. */
export interface PersonMessage {
  readonly id: string | undefined;
  readonly sender: string | undefined;
  readonly text: string;
  /** All attributes of the element: `role`, `time`, `thread`, `reply_to` … */
  readonly attributes: Readonly<Record<string, string>>;
}

/** The messages in a prompt; a prompt without any (a model asked by hand) is one message itself. */
export function personMessages(prompt: string): PersonMessage[] {
  if (!prompt.includes('<messages')) {
    const text = prompt.trim();
    return text === '' ? [] : [{ id: undefined, sender: undefined, text, attributes: {} }];
  }
  return [...prompt.matchAll(/<(message|task)\b([^>]*)>([\s\S]*?)<\/\1>/g)].map(([, , head = '', inner = '']) => {
    const attributes = Object.fromEntries(
      [...head.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, decodeEntities(value)]),
    );
    // What is quoted or attached was not said now. Everything said is escaped, so every tag left is ours.
    const said = inner.replace(/<quoted_message\b[\s\S]*?<\/quoted_message>/g, '').replace(/<[^>]*>/g, '');
    return { id: attributes['id'], sender: attributes['sender'], text: decodeEntities(said).trim(), attributes };
  });
}

const named = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);

function decodeEntities(text: string): string {
  return text.replace(
    /&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|([a-z]+));/gi,
    (whole, hex?: string, decimal?: string, name?: string) => {
      if (name !== undefined) return named.get(name) ?? whole;
      const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    },
  );
}
