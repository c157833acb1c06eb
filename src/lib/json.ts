import type { z } from 'zod';

/** The value, or undefined for what is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** What a column holds, or `otherwise` where it is damaged: nobody's row may stand in the way of everybody's. */
export function readColumn<T, Otherwise>(
  text: string | null,
  shape: z.ZodType<T>,
  otherwise: Otherwise,
): T | Otherwise {
  const read = text === null ? undefined : shape.safeParse(parseJson(text));
  return read?.success ? read.data : otherwise;
}
