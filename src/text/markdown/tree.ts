/** A text as a person reads it: what all renderers render, and what a text is cut by. */
export type Block = Paragraph | Heading | Code | Quote | List | Table | Rule;

export interface Paragraph {
  readonly type: 'paragraph';
  readonly children: readonly Inline[];
}

export interface Heading {
  readonly type: 'heading';
  readonly level: number;
  readonly children: readonly Inline[];
}

export interface Code {
  readonly type: 'code';
  /** Empty where none was written. */
  readonly language: string;
  readonly text: string;
}

export interface Quote {
  readonly type: 'quote';
  readonly children: readonly Block[];
}

export interface List {
  readonly type: 'list';
  /** What stands behind a number (`.` or `)`), or the bullet. */
  readonly mark: '.' | ')' | '-' | '*';
  /** Empty lines stand between the items. */
  readonly loose: boolean;
  readonly items: readonly Item[];
}

export interface Item {
  /** Undefined in a list of bullets. */
  readonly number: number | undefined;
  /** Undefined where there is no box. */
  readonly checked: boolean | undefined;
  readonly children: readonly Block[];
}

export interface Table {
  readonly type: 'table';
  readonly align: readonly Align[];
  readonly header: Row;
  readonly rows: readonly Row[];
}

export type Align = 'left' | 'center' | 'right' | undefined;
export type Row = readonly (readonly Inline[])[];

export interface Rule {
  readonly type: 'rule';
}

/** A mark never stands inside one of its own kind. */
export type Inline =
  | { readonly type: 'text'; readonly text: string }
  /** Formulas: never read as marks. */
  | { readonly type: 'verbatim'; readonly text: string }
  | { readonly type: 'code'; readonly text: string }
  | { readonly type: 'break' }
  | { readonly type: 'bold' | 'italic' | 'strike'; readonly children: readonly Inline[] }
  | Link;

export interface Link {
  readonly type: 'link';
  /** http, https, mailto or tel. */
  readonly url: string;
  readonly children: readonly Inline[];
}

/** The words of a run, its breaks as newlines. */
export function textOf(run: readonly Inline[]): string {
  return run.map(inlineText).join('');
}

function inlineText(node: Inline): string {
  if (node.type === 'break') return '\n';
  return 'text' in node ? node.text : textOf(node.children);
}

/** The words it shows are its address. */
export function isBare({ url, children }: Link): boolean {
  const shown = textOf(children);
  return shown === url || `mailto:${shown}` === url;
}

/**
 * Words that look like an address other than the one they lead to. A reader must see the true one, for nobody looks at
 * what a link hides when it shows an address already.
 */
export function misleads({ url, children }: Link): boolean {
  const shown = textOf(children).trim();
  const named =
    /(?:^|[\s(<"'])(?:[a-z][a-z0-9+.-]*:\/\/)?(?:[^\s/@]*@)?((?:[\p{L}\p{N}-]+\.)+\p{L}{2,})(?=$|[\s/:?#)>"',.])/iu;
  const host = named.exec(shown)?.[1];
  if (host === undefined) return false;
  return host.toLowerCase().replace(/^www\./, '') !== hostOf(url).replace(/^www\./, '');
}

function hostOf(url: string): string {
  const address = /^mailto:[^@]*@(.*)$/i.exec(url)?.[1];
  if (address !== undefined) return address.toLowerCase();
  return URL.canParse(url) ? new URL(url).hostname.toLowerCase() : '';
}
