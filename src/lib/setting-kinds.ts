import { z } from 'zod';

/** What a setting's text may be, and what becomes of it. */
export const whole = (min: number) =>
  z.string().regex(/^\d+$/, 'must be a whole number').transform(Number).pipe(z.number().min(min));
export const dollars = z
  .string()
  .regex(/^\d*\.?\d+$/, 'must be dollars such as 5 or 0.50')
  .transform(Number)
  .pipe(z.number().positive().max(1_000_000));
export const size = z
  .string()
  .regex(/^[1-9]\d*[bkmg]?$/i, 'must be a size such as 512m or 2g')
  .transform((text) => text.toLowerCase());
// As the C library also takes it: `:Europe/Berlin`, and `:/etc/localtime` for the system's own.
export const zone = z
  .string()
  .transform((text) => text.replace(/^:/, ''))
  .transform((text) => (text === '/etc/localtime' ? undefined : text))
  .refine((name) => name === undefined || isZone(name), 'must be an IANA time zone such as Europe/Berlin');
export const names = z
  .string()
  .transform((text) => text.split(',').map((name) => name.trim()))
  .refine(
    (names) => names.every((name) => /^[A-Za-z0-9][\w-]*$/.test(name)),
    'must be names with commas between them, or `none`',
  )
  .transform((names) => names.filter((name) => name !== 'none'));

/** `512m` → bytes, as engines read it: powers of 1024. */
export function bytesOf(text: string): number {
  const power = { b: 0, k: 1, m: 2, g: 3 }[text.slice(-1)] ?? 0;
  return Number.parseInt(text, 10) * 1024 ** power;
}

export function isZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
