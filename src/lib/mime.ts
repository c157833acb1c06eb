/** Extension → type, the common ones; the first extension of a type is the one it is given. */
const types: ReadonlyMap<string, string> = new Map([
  ...Object.entries({ jpg: 'image/jpeg', jpeg: 'image/jpeg', png: 'image/png', gif: 'image/gif', webp: 'image/webp' }),
  ...Object.entries({ heic: 'image/heic', svg: 'image/svg+xml', bmp: 'image/bmp', tiff: 'image/tiff' }),
  ...Object.entries({ ogg: 'audio/ogg', oga: 'audio/ogg', opus: 'audio/opus', mp3: 'audio/mpeg', m4a: 'audio/mp4' }),
  ...Object.entries({ wav: 'audio/wav', flac: 'audio/flac', aac: 'audio/aac' }),
  ...Object.entries({ mp4: 'video/mp4', mov: 'video/quicktime', webm: 'video/webm', mkv: 'video/x-matroska' }),
  ...Object.entries({ txt: 'text/plain', log: 'text/plain', md: 'text/markdown', csv: 'text/csv', html: 'text/html' }),
  ...Object.entries({ ics: 'text/calendar', vcf: 'text/vcard', json: 'application/json', xml: 'application/xml' }),
  ...Object.entries({ pdf: 'application/pdf', zip: 'application/zip', gz: 'application/gzip' }),
  ...Object.entries({ epub: 'application/epub+zip', rtf: 'application/rtf', tgs: 'application/x-tgsticker' }),
  ...Object.entries({
    docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    pptx: 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
    odt: 'application/vnd.oasis.opendocument.text',
    ods: 'application/vnd.oasis.opendocument.spreadsheet',
  }),
]);

/** `image/png` for `chart.png`; undefined where nobody knows. */
export function mimeOfName(name: string): string | undefined {
  const extension = /\.([^.]+)$/.exec(name)?.[1];
  return extension === undefined ? undefined : types.get(extension.toLowerCase());
}

/** `png` for `image/png`, parameters and all. */
export function extensionOfMime(mime: string): string | undefined {
  const wanted = mime.split(';', 1)[0]?.trim().toLowerCase();
  return [...types].find(([, type]) => type === wanted)?.[0];
}
